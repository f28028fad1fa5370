import { describe, expect, test } from '@jest/globals'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { systemClock } from '../../src/lib/clock.js'
import { createDocker } from '../../src/docker/docker.js'
import { dockerFailure } from '../../src/docker/failure.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('dockerEngine', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  // @actions/exec searches `docker` on this process's PATH.
  async function withDocker<T>(script: string, work: () => Promise<T>): Promise<T> {
    const file = path.join(folder, 'docker')
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
    const before = process.env['PATH']
    process.env['PATH'] = `${folder}:${before}`
    try {
      return await work()
    } finally {
      process.env['PATH'] = before
    }
  }

  test('hands arguments over as they are: there is no shell', async () => {
    const hostile = ['run', '$(touch /tmp/x)', '; rm -rf /', '`id`', 'a b', '"', "'", '*', '\n']
    const output = await withDocker('printf "%s|" "$@"', () => createDocker(process.env).run(hostile))
    expect(output).toBe(`${hostile.join('|')}|`)
  })

  test('gives values by environment, lines as they come, and the exit code', async () => {
    const lines: string[] = []
    const result = await withDocker('echo "$SECRET"; echo err >&2; exit 3', () =>
      createDocker(process.env).attempt(['x'], { env: { SECRET: 's' }, onLine: (line) => lines.push(line) })
    )
    expect(result).toEqual({ exitCode: 3, stdout: 's\n', stderr: 'err\n' })
    expect(lines.sort()).toEqual(['err', 's'])
  })

  test('feeds a stream to a command', async () => {
    const file = path.join(folder, 'received')
    const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index))
    await withDocker(`cat >${file}; echo "$1"`, () =>
      createDocker(process.env).feed(['load'], Readable.from(pieces))
    )
    expect(readFileSync(file).equals(Buffer.concat(pieces))).toBe(true)
  })

  test('reports the message of a command that ends before it has read its input', async () => {
    const pieces = Array.from({ length: 400 }, () => Buffer.alloc(100_000))
    const fed = withDocker('echo "no space left on device" >&2; exit 1', () =>
      createDocker(process.env).feed(['load'], Readable.from(pieces))
    )
    await expect(fed).rejects.toThrow("Docker's disk is full (docker load)")
  })

  test('reports the error of the stream that a command is fed with', async () => {
    const broken = new PassThrough()
    const fed = withDocker('cat >/dev/null; exit 1', () => {
      setTimeout(() => broken.destroy(new Error('broke off')), 20)
      return createDocker(process.env).feed(['load'], broken)
    })
    await expect(fed).rejects.toThrow('broke off')
  })

  test('does not wait for the end of a short command when the run is cancelled', async () => {
    const ended = path.join(folder, 'ended')
    await withDocker(`echo "$1" >&2; [ "$1" != info ] || { sleep 5; touch ${ended}; }; exit 3`, async () => {
      const cancellation = new AbortController()
      const docker = createDocker(process.env, { cancelled: cancellation.signal })
      expect(await docker.attempt(['tag'])).toEqual({ exitCode: 3, stdout: '', stderr: 'tag\n' })
      setTimeout(() => cancellation.abort(new Error('cancelled')), 100)
      await expect(docker.run(['info'])).rejects.toThrow('cancelled')
      await expect(docker.run(['tag'])).rejects.toThrow('cancelled')
      expect(existsSync(ended)).toBe(false)
    })
  })

  test.each(['tag', 'build'])('fails without the docker command: %s', async (command) => {
    const before = process.env['PATH']
    process.env['PATH'] = folder
    const failed = createDocker(process.env).run([command])
    await expect(failed).rejects.toThrow(/^The docker command could not be started: .*docker/)
    process.env['PATH'] = before
  })

  test('ends a command that hangs, with its children', async () => {
    const marker = path.join(folder, 'survived')
    const result = await withDocker(`(sleep 1; touch ${marker}) & sleep 30`, () =>
      createDocker(process.env).attempt(['wait'], { timeout: 200 })
    )
    expect(dockerFailure(['wait'], result).message).toBe('docker wait did not answer in time.')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(existsSync(marker)).toBe(false)
  })

  test.each(['container', 'diff', 'logs', 'port', 'ps', 'rm', 'start'])(
    'ends `docker %s` of a container that hangs',
    async (command) => {
      const failed = withDocker('sleep 30', () =>
        createDocker(process.env, { containerLimit: 200 }).run([command, 'x'])
      )
      await expect(failed).rejects.toThrow(`docker ${command} did not answer in time.`)
    }
  )

  describe('that had answered, and is away', () => {
    const DOWN =
      'echo "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?" >&2; exit 1'
    const engine = () => createDocker(process.env, { clock: systemClock, longestAbsence: 1000 })
    /** Down while there is a file `down`; counts its commands in files. */
    const script = (more: string): string =>
      `echo "$1" >>${folder}/calls; ${more} [ ! -e ${folder}/down ] || { ${DOWN}; }; echo "$1 done"`
    const calls = (): string[] => readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n')

    test('is waited for, and the command is given again', async () => {
      const returns = `[ "$1" != version ] || rm -f ${folder}/down;`
      await withDocker(script(returns), async () => {
        const docker = engine()
        expect(await docker.run(['info'])).toBe('info done')
        writeFileSync(path.join(folder, 'down'), '')
        expect(await docker.run(['commit'])).toBe('commit done')
      })
      expect(calls()).toEqual(['info', 'commit', 'version', 'commit'])
    })

    test('and does not come back: no engine answers, and nothing waits for it again', async () => {
      await withDocker(script(''), async () => {
        const docker = engine()
        await docker.run(['info'])
        writeFileSync(path.join(folder, 'down'), '')
        await expect(docker.run(['commit'])).rejects.toMatchObject({
          category: 'runner',
          message: 'The Docker engine does not respond.'
        })
        const before = calls().length
        await expect(docker.run(['ps'])).rejects.toThrow('The Docker engine does not respond.')
        expect(calls().slice(before)).toEqual(['ps'])
      })
      expect(calls().filter((call) => call === 'commit')).toHaveLength(1)
    })

    test('one that never answered is not waited for', async () => {
      await withDocker(`[ "$1" != --version ] || exit 0; ${DOWN}`, async () => {
        const docker = engine()
        await docker.run(['--version'])
        const begin = Date.now()
        await expect(docker.run(['info'])).rejects.toThrow('The Docker engine does not respond.')
        expect(Date.now() - begin).toBeLessThan(1000)
      })
    })
  })

  test('keeps the inputs and the tokens of the runner from the client', async () => {
    const secret = { INPUT_SECRET: 'x', ACTIONS_RUNTIME_TOKEN: 'x', KEPT: 'yes' }
    const output = await withDocker('env', () => createDocker({ ...process.env, ...secret }).run(['x']))
    expect(output).toContain('KEPT=yes')
    expect(output).not.toMatch(/^(INPUT_|ACTIONS_)/m)
  })

  test('makes no attestations: they would change the digest', async () => {
    const output = await withDocker('echo "$BUILDX_NO_DEFAULT_ATTESTATIONS"', () =>
      createDocker(process.env).run(['build'])
    )
    expect(output).toBe('1')
  })
})

describe('engineFailure', () => {
  test.each([
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'The Docker engine does not respond'
    ],
    [
      'Error response from daemon: client version 1.24 is too old. Minimum supported API version is 1.44',
      'are not compatible: client version 1.24 is too old. Minimum supported API version is 1.44'
    ],
    ['failed to register layer: write /x: no space left on device', 'disk is full'],
    [
      'driver failed programming external connectivity:  (iptables failed: iptables --wait -t nat: No chain/target/match by that name.',
      "Docker's rules of the firewall are gone from iptables (docker run)."
    ],
    ['Error response from daemon: something else', 'docker run failed with exit code 125']
  ])('%s', (stderr, message) => {
    const failure = dockerFailure(['run'], { exitCode: 125, stdout: '', stderr })
    expect(failure.category).toBe('runner')
    expect(failure.message).toContain(message)
    expect(failure.evidence).toBe(stderr)
  })
})
