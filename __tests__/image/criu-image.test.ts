import { describe, expect, test } from '@jest/globals'
import { pullCriu } from '../../src/image/criu-image.js'
import { noting } from '../../src/lib/log.js'
import { fakeDocker, imageJson, type Reply } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'

const IMAGE = `ghcr.io/acme/criu@sha256:${'a'.repeat(64)}`

describe('pullCriu', () => {
  /** Pulls the image with a Docker that does not have it, and whose registry replies like that. */
  async function pull(pulled: Reply, labels: Record<string, string>, architecture = 'amd64') {
    const warnings: string[] = []
    let isThere = false
    const docker = fakeDocker(([command, name]) => {
      if (command === 'pull') {
        isThere = (pulled as { exitCode?: number }).exitCode === undefined
        return pulled
      }
      if (command !== 'image' || name !== 'inspect') return ''
      return isThere
        ? imageJson({ Architecture: architecture, Config: { Labels: labels } })
        : { exitCode: 1, stderr: 'No such image' }
    })
    const name = pullCriu({ id: '0123', docker, log: noting(quietLog(), warnings) }, IMAGE, 'x64')
    return { name: await name, warnings, commands: docker.calls.map(({ args }) => args.join(' ')) }
  }

  test('returns a name of this run for the image', async () => {
    const { name, warnings, commands } = await pull('', { 'io.github.crac-checkpoint.criu': '1' })
    expect(name).toBe('crac-checkpoint/run-0123:criu')
    expect(commands).toContain(`pull --quiet -- ${IMAGE}`)
    expect(commands.at(-1)).toBe('tag sha256:1 crac-checkpoint/run-0123:criu')
    expect(warnings).toEqual([])
  })

  test('returns nothing for an image that cannot be pulled, with a warning', async () => {
    const { name, warnings } = await pull({ exitCode: 1, stderr: 'manifest unknown' }, {})
    expect(name).toBeUndefined()
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.split('\n')[0]).toBe(
      `CRIU comes from the packages of the base image. The image with CRIU ${IMAGE} could not be pulled.`
    )
    expect(warnings[0]).toMatch(/\nFix: .*`criu-image`/)
    expect(warnings[0]).toMatch(/\n\nmanifest unknown$/)
  })

  test('returns nothing for an image of another architecture, with a warning', async () => {
    const { name, warnings, commands } = await pull('', { 'io.github.crac-checkpoint.criu': '1' }, 'arm64')
    expect(name).toBeUndefined()
    expect(warnings).toEqual([expect.stringContaining(`${IMAGE} is for arm64`)])
    expect(commands.join()).not.toContain('tag ')
  })

  test('refuses another image', async () => {
    await expect(pull('', { 'org.opencontainers.image.title': 'nginx' })).rejects.toMatchObject({
      category: 'input',
      message: expect.stringContaining('does not have the label io.github.crac-checkpoint.criu')
    })
  })
})
