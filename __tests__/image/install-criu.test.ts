import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Docker } from '../../src/docker/docker.js'
import { programsOn, type CommandResult } from '../../src/docker/process-group.js'
import { installCriu } from '../../src/image/install-criu.js'
import { NOTHING_HIDDEN } from '../../src/lib/kept-log.js'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('the installation of CRIU before the other builds', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  /** Builds with a Docker whose builds end like that, and returns the commands. */
  async function install(
    result: Partial<CommandResult>,
    criuImage?: string
  ): Promise<{ commands: string[][]; shown: string[] }> {
    const commands: string[][] = []
    const shown: string[] = []
    const docker: Docker = {
      attempt: (args, options) => {
        commands.push([...args])
        for (const line of (result.stdout ?? '').split('\n')) options?.onLine?.(line)
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '', ...result })
      },
      run: () => Promise.resolve('default'),
      hasAnswered: () => true,
      stream: () => Promise.reject(new Error('not used')),
      feed: () => Promise.reject(new Error('not used'))
    }
    const nothing = (): void => undefined
    const untrusted = (line: string): void => void shown.push(line)
    const log = { info: nothing, warning: nothing, untrusted, end: nothing }
    const context = {
      ...{ id: '0123456789ab', docker, work: folder, logs: folder },
      log: { ...log, group: async <T>(_: string, work: () => Promise<T>) => await work() },
      hiding: NOTHING_HIDDEN,
      startProgram: programsOn(process.env)
    }
    await installCriu(context, path.join(ROOT, 'docker'), { baseImage: 'debian:trixie-slim', criuImage })
    return { commands, shown }
  }

  test('builds one stage into the cache, from a context with its script only', async () => {
    const { commands } = await install({})
    const place = path.join(folder, 'criu-0123456789ab')
    expect(commands).toEqual([
      [
        ...['build', '--target', 'criu', '--output', 'type=cacheonly'],
        ...['--build-arg', 'BASE_IMAGE=debian:trixie-slim', '--', place]
      ]
    ])
    expect(readdirSync(place).sort()).toEqual(['Dockerfile', 'tools'])
    expect(readdirSync(path.join(place, 'tools'))).toEqual(['install-packages.sh'])
    expect(existsSync(path.join(place, 'tools/install-packages.sh'))).toBe(true)
  })

  test('takes CRIU from an image, and shows why it takes packages instead', async () => {
    const refused =
      '#9 0.3 crac-checkpoint: packages are installed in the base image (Debian 12); the CRIU of criu-image does not run on it (version `GLIBC_2.38 not found)'
    const { commands, shown } = await install({ stdout: `#9 0.1 Version: 4.1.1\n${refused}` }, 'run:criu')
    expect(commands[0]).toContain('CRIU_IMAGE=run:criu')
    expect(shown).toEqual([refused])
  })

  test('shows why the CRIU of an image cannot be the second choice', async () => {
    const line =
      '#9 0.3 crac-checkpoint: criu-image is not used: its CRIU does not run on the base image (Debian 12) (GLIBC_2.38 not found)'
    expect((await install({ stdout: `#9 0.1 x\n${line}` }, 'run:criu')).shown).toEqual([line])
  })

  test('fails with what its script reports', async () => {
    const stdout =
      '#7 1.2 crac-checkpoint: NO-PACKAGES: apt-get update of the base image (Debian) ended with exit code 100: E: x'
    await expect(install({ exitCode: 1, stdout })).rejects.toMatchObject({
      category: 'image',
      message: expect.stringContaining('cannot install packages')
    })
  })

  test('leaves any other failure to the build of the images', async () => {
    const stderr = 'the --output option requires BuildKit'
    await expect(install({ exitCode: 125, stderr })).resolves.toMatchObject({ shown: [] })
  })
})
