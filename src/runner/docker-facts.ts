import type { Docker } from '../docker/docker.js'
import { dockerInfo, dockerVersion, type DockerVersion, type VersionResponse } from '../docker/inspect.js'
import { TIMED_OUT } from '../docker/process-group.js'
import type { Clock } from '../lib/clock.js'
import { Failure, UnsupportedRunner } from '../lib/errors.js'
import type { Architecture } from '../jdk/asset.js'
import type { Milliseconds } from '../lib/values.js'

export interface DockerFacts {
  version: string
  architecture: Architecture
  kernel: string
  operatingSystem: string
  /** Whether Docker uses AppArmor; undefined if that is unknown. */
  appArmor: boolean | undefined
  rootless: boolean
  /** Where Docker keeps images; undefined if that is unknown. */
  imageStore: 'graph driver' | 'containerd' | undefined
}

/** Timeout of the first queries: a Docker engine that does not respond is reported within ten seconds. */
const ANSWER_TIMEOUT: Milliseconds = 4500

/** Timeout of the queries of a slow machine, and of one that makes an engine read its whole state for the answer. */
const SLOW_TIMEOUT: Milliseconds = 30_000

/** Time that the client takes by itself on a slow machine; elsewhere it takes some hundredths of a second. */
const SLOW_CLIENT: Milliseconds = 250

const ARCHITECTURES: Record<string, Architecture> = { amd64: 'x64', arm64: 'aarch64' }

/** Returns the JDK archives' name of a Docker architecture; undefined if there is no CRaC JDK for it. */
export function architectureOf(name: string): Architecture | undefined {
  return ARCHITECTURES[name]
}

/** Queries Docker; throws a Failure if it does not respond, is podman, or does not run Linux containers. */
export async function readDockerFacts(world: { docker: Docker; clock: Clock }): Promise<DockerFacts> {
  const { docker } = world
  const { exitCode, version, failure } = await readVersion(world)
  await refusePodman(docker, version)
  const server = version?.Server
  if (exitCode !== 0 || !server) throw failure()
  if (server.Os !== 'linux') {
    throw new UnsupportedRunner(`The engine runs ${server.Os} containers; CRIU needs Linux.`, {
      fix: 'Use a Linux runner, for example `runs-on: ubuntu-24.04`.'
    })
  }
  const architecture = architectureOf(server.Arch)
  if (!architecture) {
    throw new UnsupportedRunner(`There is no CRaC JDK for the architecture ${server.Arch} of this engine.`, {
      fix: 'Use a runner with x86-64 or arm64.'
    })
  }
  const info = await dockerInfo(docker, SLOW_TIMEOUT)
  const security = info && (info.SecurityOptions ?? []).join(' ')
  return {
    version: server.Version,
    architecture,
    kernel: server.KernelVersion ?? 'unknown',
    operatingSystem: info?.OperatingSystem ?? 'unknown',
    appArmor: security?.includes('name=apparmor'),
    rootless: security?.includes('name=rootless') ?? false,
    imageStore:
      info && (info.DriverStatus?.some(([name]) => name === 'driver-type') ? 'containerd' : 'graph driver')
  }
}

/** Queries the version. Where the client alone is slow, the engine has more time: it is not one that does not respond. */
async function readVersion({ docker, clock }: { docker: Docker; clock: Clock }): Promise<VersionResponse> {
  const first = await dockerVersion(docker, ANSWER_TIMEOUT)
  if (first.exitCode !== TIMED_OUT) return first
  const begin = clock.now()
  await docker.attempt(['--version'], { timeout: SLOW_TIMEOUT })
  return clock.now() - begin < SLOW_CLIENT ? first : await dockerVersion(docker, SLOW_TIMEOUT)
}

// podman provides a command `docker` (the package podman-docker), and a service on Docker's socket.
async function refusePodman(docker: Docker, version: DockerVersion | undefined): Promise<void> {
  const components = version?.Server?.Components ?? []
  const service = components.find(({ Name }) => /podman/i.test(Name))
  const client = service
    ? undefined
    : /podman version (\S+)/i.exec((await docker.attempt(['--version'], { timeout: SLOW_TIMEOUT })).stdout)
  if (!service && !client) return
  throw new Failure(
    'runner',
    `The container engine here is podman ${service?.Version ?? client?.[1] ?? ''}, not Docker; snapshots under podman are not supported.`.replace(
      '  ',
      ' '
    ),
    { fix: 'Install a Docker engine, version 24 or newer, on the runner, or point DOCKER_HOST at one.' }
  )
}
