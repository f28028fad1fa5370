import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { systemClock } from '../../src/lib/clock.js'
import { SCRIPT } from '../../src/runner/grants.js'
import { inspectRunner, type InspectionRequest } from '../../src/runner/inspect.js'
import { containerJson, fakeDocker, imageJson, type Reply } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'

const SERVER = { Version: '28.2.2', Os: 'linux', Arch: 'amd64', KernelVersion: '6.17.0-1010-azure' }
const ALL = 'CapBnd:\t000001ffffffffff\n'
const FACTS = `${ALL}glibc 2.41\ncat\0/proc/self/status\0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu sse2 amx_tile amx_int8\n`

interface Machine {
  server?: object | null
  info?: object
  /** What a container says that was started with these flags. */
  container?: (flags: string) => Reply
  imageArchitecture?: string
  endpoint?: string
  networks?: object
}

function machine(given: Machine = {}) {
  return fakeDocker((args): Reply => {
    const line = args.join(' ')
    if (line.startsWith('version')) {
      return JSON.stringify({ Client: {}, Server: given.server === undefined ? SERVER : given.server })
    }
    if (line.startsWith('info'))
      return JSON.stringify(given.info ?? { OperatingSystem: 'Ubuntu 24.04', SecurityOptions: [] })
    if (line.startsWith('context')) return given.endpoint ?? 'unix:///var/run/docker.sock'
    if (line.startsWith('container inspect')) {
      return given.networks
        ? containerJson({ NetworkSettings: { Networks: given.networks } })
        : { exitCode: 1 }
    }
    if (line.startsWith('image inspect'))
      return imageJson({ Architecture: given.imageArchitecture ?? 'amd64' })
    if (line.startsWith('network inspect')) {
      const missing = { exitCode: 1, stderr: 'Error response from daemon: network jobs not found' }
      return line.endsWith(' -- jobs') ? missing : 'shared'
    }
    if (line.startsWith('run')) return given.container?.(line) ?? FACTS
    if (line === '--version') return 'Docker version 28.2.2, build e6534b4'
    throw new Error(`unexpected: ${line}`)
  })
}

const inspect = (
  docker: ReturnType<typeof machine>,
  request: Partial<InspectionRequest> = {},
  hostname = 'runner',
  lines: string[] = [],
  clock = systemClock
) =>
  inspectRunner(
    { docker, platform: 'linux', hostname, clock, log: quietLog(lines) },
    {
      run: '1',
      baseImage: 'debian:trixie-slim',
      privileges: 'auto',
      criu: 'auto',
      engine: 'auto',
      skipUnchanged: false,
      ...request
    }
  )

describe('inspectRunner', () => {
  test('a GitHub runner with AMX and a new kernel is fine: CRIU of the base image knows both', async () => {
    expect(await inspect(machine())).toMatchObject({
      architecture: 'x64',
      version: '28.2.2',
      kernel: '6.17.0-1010-azure',
      operatingSystem: 'Ubuntu 24.04',
      cpu: 'Intel(R) Xeon(R)',
      amx: true,
      glibc: '2.41',
      reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' },
      refused: []
    })
  })

  test('a network that Docker does not have is refused before any work, with the input', async () => {
    const missing = inspect(machine(), { network: 'jobs' })
    await expect(missing).rejects.toMatchObject({
      category: 'input',
      message: 'Invalid input `network`: Docker has no network jobs.'
    })
    await expect(inspect(machine(), { network: 'shared' })).resolves.toMatchObject({ refused: [] })
  })

  test('returns the architecture of Docker under the name that JDK archives use', async () => {
    const docker = machine({ server: { ...SERVER, Arch: 'arm64' }, imageArchitecture: 'arm64' })
    expect(await inspect(docker)).toMatchObject({ architecture: 'aarch64' })
  })

  test.each<[string, Machine, string]>([
    ['windows containers', { server: { ...SERVER, Os: 'windows' } }, 'CRIU needs Linux'],
    ['an architecture without JDKs', { server: { ...SERVER, Arch: 's390x' } }, 's390x'],
    [
      'emulation: an image of another architecture',
      { imageArchitecture: 'arm64' },
      'under emulation CRIU cannot'
    ],
    [
      'emulation: qemu in front of the process',
      { container: () => `${ALL}/usr/bin/qemu-x86_64-static\0/bin/cat\0/proc/self/status\0\n` },
      'qemu-x86_64-static runs the containers'
    ],
    [
      'a hardened kernel',
      { container: () => `${FACTS}ptrace_scope: 2\n` },
      'kernel.yama.ptrace_scope is 2 on this runner'
    ],
    [
      'emulation: no binfmt',
      { container: () => ({ exitCode: 1, stderr: 'exec /bin/cat: exec format error' }) },
      'cannot be run here'
    ]
  ])('refuses %s', async (_, given, message) => {
    await expect(inspect(machine(given))).rejects.toMatchObject({
      name: 'Failure',
      category: 'runner',
      message: expect.stringContaining(message)
    })
  })

  test('a base image without a shell is a failure of the image, not of the runner', async () => {
    const stderr =
      'docker: Error response from daemon: failed to create task for container: exec: "sh": executable file not found in $PATH: unknown\n'
    await expect(inspect(machine({ container: () => ({ exitCode: 127, stderr }) }))).rejects.toMatchObject({
      category: 'image',
      message: expect.stringContaining('The base image has no shell'),
      fix: expect.stringContaining('distroless')
    })
  })

  test.each<[string, Machine, string]>([
    ['AMX', {}, 'CPUs with AMX'],
    ['kernel 6.17', { container: () => `${ALL}flags : sse2` }, 'kernel 6.13 and newer']
  ])("%s does not refuse the JDK's own CRIU, but is logged: the trial decides", async (_, given, message) => {
    const lines: string[] = []
    const { refused } = await inspect(machine(given), { criu: 'bundled' }, 'runner', lines)
    expect(refused).toEqual([])
    expect(lines.join('\n')).toContain(
      `The CRIU that CRaC JDKs bundle (3.17.1) is known to fail on ${message}: `
    )
  })

  test("the JDK's own CRIU is fine on an older kernel without AMX", async () => {
    const docker = machine({
      server: { ...SERVER, KernelVersion: '6.8.0' },
      container: () => `${ALL}flags : sse2`
    })
    const lines: string[] = []
    expect((await inspect(docker, { criu: 'bundled' }, 'runner', lines)).refused).toEqual([])
    expect(lines.join('\n')).not.toContain('known to fail')
  })

  test('the script in the container prints a setting of the kernel, whose file ends after the first byte that dash reads', () => {
    const script = SCRIPT.replace('kernel/yama/ptrace_scope', 'kernel/pid_max')
    const printed = execFileSync('sh', ['-c', script], { encoding: 'utf8' })
    expect(printed).toContain(`\nptrace_scope: ${readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim()}\n`)
  })

  test('a `docker info` that fails is not "no AppArmor"', async () => {
    const none = machine({ info: { SecurityOptions: [] }, container: () => ({ exitCode: 1, stderr: 'no' }) })
    await expect(inspect(none)).rejects.toThrow('does not grant')
    const levels = (docker: typeof none) => docker.calls.filter(({ args }) => args[0] === 'run').length
    const failed = fakeDocker(async (args): Promise<Reply> => {
      if (args[0] === 'info') return { exitCode: 1, stdout: '{"ServerErrors":["context deadline exceeded"]}' }
      if (args[0] === 'run') return { exitCode: 1, stderr: 'no' }
      return await machine().attempt(args)
    })
    await expect(inspect(failed)).rejects.toThrow('does not grant')
    expect(levels(failed)).toBe(levels(none) + 1)
  })

  test('an engine that is too slow to start a container is reported as slow, and not as one that refuses', async () => {
    const docker = machine({ container: () => ({ exitCode: 124 }) })
    await expect(inspect(docker)).rejects.toMatchObject({
      category: 'runner',
      message: 'The Docker engine did not start a container within 180 seconds.'
    })
    // More privileges would not make it faster.
    expect(docker.calls.filter(({ args }) => args[0] === 'run')).toHaveLength(1)
  })

  /** Responds to the first query of the version too late; the client needs this time by itself. */
  function late(client: number) {
    let now = 0
    let queries = 0
    const docker = fakeDocker(async (args): Promise<Reply> => {
      if (args[0] === '--version') now += client
      if (args[0] === 'version' && ++queries === 1) return { exitCode: 124 }
      return await machine().attempt(args)
    })
    return { docker, clock: { ...systemClock, now: () => now } }
  }

  test('an engine on a machine where the client alone is slow has more time for its first response', async () => {
    const { docker, clock } = late(2000)
    expect(await inspect(docker, {}, 'runner', [], clock)).toMatchObject({ version: '28.2.2' })
    const limits = docker.calls
      .filter(({ args }) => args[0] === 'version')
      .map(({ options }) => options.timeout)
    expect(limits).toEqual([4500, 30_000])
  })

  test('an engine that does not respond on a fast machine is reported at once', async () => {
    const { docker, clock } = late(30)
    await expect(inspect(docker, {}, 'runner', [], clock)).rejects.toThrow(
      'docker version did not answer in time'
    )
  })

  test('podman is refused by its name, as a client and as a service', async () => {
    const service = machine({
      server: { ...SERVER, Components: [{ Name: 'Podman Engine', Version: '5.4.0' }] }
    })
    await expect(inspect(service)).rejects.toThrow('podman 5.4.0, not Docker')
    const client = fakeDocker((args) =>
      args[0] === '--version' ? 'podman version 4.3.1' : { exitCode: 125, stderr: 'Error: template' }
    )
    await expect(inspect(client)).rejects.toMatchObject({
      category: 'runner',
      message: expect.stringContaining('podman 4.3.1, not Docker'),
      fix: expect.stringContaining('Docker engine')
    })
  })

  test('refuses another system than Linux before it asks anything', async () => {
    const docker = machine()
    const world = {
      docker,
      platform: 'darwin',
      hostname: 'mac',
      clock: systemClock,
      log: quietLog()
    } as const
    const request = {
      run: '1',
      baseImage: 'x',
      privileges: 'auto',
      criu: 'auto',
      engine: 'auto',
      skipUnchanged: false
    } as const
    await expect(inspectRunner(world, request)).rejects.toThrow('this runner is darwin')
    expect(docker.calls).toEqual([])
  })

  test('a Docker that does not respond is reported', async () => {
    const docker = fakeDocker(() => ({
      exitCode: 1,
      stderr: 'Cannot connect to the Docker daemon at unix:///x'
    }))
    await expect(inspect(docker)).rejects.toThrow('The Docker engine does not respond')
    expect(docker.calls[0]?.options.timeout).toBeLessThan(10_000)
  })

  test.each([
    ['image', 'Error: pull access denied for none'],
    ['image', 'Error response from daemon: unauthorized: authentication required'],
    ['registry', 'Error response from daemon: toomanyrequests: You have reached your pull rate limit.'],
    ['runner', 'Error response from daemon: Get "https://r.example/v2/": dial tcp: connection refused']
  ])(
    'a base image that cannot be pulled is of class %s, before any other work: %s',
    async (category, stderr) => {
      const docker = fakeDocker(async (args): Promise<Reply> => {
        if (args[0] === 'image') return { exitCode: 1, stderr: 'No such image' }
        if (args[0] === 'pull') return { exitCode: 1, stderr }
        return await machine().attempt(args)
      })
      await expect(inspect(docker)).rejects.toMatchObject({
        category,
        message: expect.stringMatching(/^The base image \S+ could not be pulled/)
      })
      expect(docker.calls.at(-1)?.args[0]).toBe('pull')
    }
  )
})

describe('privileges', () => {
  const OLD: Machine = {
    server: { ...SERVER, Version: '20.10.24' },
    container: (flags) =>
      flags.includes('CHECKPOINT_RESTORE')
        ? {
            exitCode: 125,
            stderr:
              'docker: Error response from daemon: invalid CapAdd: unknown capability: "CAP_CHECKPOINT_RESTORE".'
          }
        : FACTS
  }

  test('an engine without CHECKPOINT_RESTORE: one level up, and the reason is kept', async () => {
    const found = await inspect(machine(OLD))
    expect(found.privileges.map(({ level }) => level)).toEqual(['sys-admin', 'privileged'])
    expect(found.refused).toEqual([{ level: 'least', reason: expect.stringContaining('unknown capability') }])
  })

  test('a Docker without CHECKPOINT_RESTORE is refused with `privileges: least`, with its error message', async () => {
    await expect(inspect(machine(OLD), { privileges: 'least' })).rejects.toMatchObject({
      category: 'runner',
      message: expect.stringContaining('Docker 20.10.24 does not know the capability CHECKPOINT_RESTORE'),
      fix: expect.stringContaining('leave `privileges` at `auto`'),
      evidence: expect.stringContaining('unknown capability')
    })
  })

  test('each level is tried once; a host that has nothing to give is refused', async () => {
    const docker = machine({
      container: () => ({ exitCode: 125, stderr: 'unable to apply caps: operation not permitted' })
    })
    await expect(inspect(docker)).rejects.toThrow('does not grant what CRIU needs')
    expect(docker.calls.filter(({ args }) => args[0] === 'run')).toHaveLength(3)
  })

  test('a level whose capability is missing in the container is not granted', async () => {
    const docker = machine({
      container: (flags) => (flags.includes('--privileged') ? FACTS : 'CapBnd:\t00000000a80425fb\n')
    })
    const found = await inspect(docker)
    expect(found.privileges.map(({ level }) => level)).toEqual(['privileged'])
    expect(found.refused[0]?.reason).toBe('CHECKPOINT_RESTORE and SYS_PTRACE not granted')
  })

  test('`privileged` pins the top of the ladder; Warp needs none of it', async () => {
    const docker = machine()
    await inspect(docker, { privileges: 'privileged' })
    expect(docker.calls.find(({ args }) => args[0] === 'run')?.args).toContain('--privileged')
    const warp = machine()
    expect((await inspect(warp, { engine: 'warp' })).privileges).toEqual([])
    expect(warp.calls.some(({ args }) => args[0] === 'run')).toBe(false)
  })
})

describe('how containers are reached', () => {
  const REMOTE = { by: 'published port', bind: '0.0.0.0', host: 'docker.example' }
  test.each([
    ['tcp://docker.example:2376', REMOTE],
    ['ssh://ci@docker.example', REMOTE],
    ['tcp://localhost:2375', { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' }]
  ])('%s', async (endpoint, reach) => {
    expect((await inspect(machine({ endpoint }))).reach).toEqual(reach)
  })

  test('a job in a container is found by its host name, and shares its network', async () => {
    const found = await inspect(machine({ networks: { github_network_1: {} } }), {}, '0123456789ab')
    expect(found.reach).toEqual({ by: 'network', network: 'github_network_1' })
    await expect(inspect(machine({ networks: { none: {} } }), {}, '0123456789ab')).rejects.toThrow(
      'without a network'
    )
  })
})
