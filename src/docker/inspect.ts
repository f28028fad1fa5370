import { jsonOf } from '../lib/json.js'
import type { Milliseconds } from '../lib/values.js'
import type { CommandResult } from './process-group.js'
import type { Docker } from './docker.js'
import { dockerFailure } from './failure.js'

// The JSON of Docker's queries: the only place that knows their formats.

const AS_JSON = ['--format', '{{json .}}']

export interface ImageConfig {
  Id: string
  Architecture: string
  RepoDigests?: string[] | null
  RootFS: { Layers?: string[] | null }
  Config: {
    Entrypoint?: string[] | null
    Cmd?: string[] | null
    User?: string
    WorkingDir?: string
    Volumes?: Record<string, object> | null
    Env?: string[] | null
    Labels?: Record<string, string> | null
    OnBuild?: string[] | null
    ExposedPorts?: Record<string, object> | null
    /** Name or number of a signal; empty for SIGTERM. */
    StopSignal?: string
    Healthcheck?: HealthCheck | null
  }
}

/** HEALTHCHECK of an image. Times are in nanoseconds. */
export interface HealthCheck {
  /** `NONE`, or `CMD` or `CMD-SHELL` with what follows it. */
  Test?: string[] | null
  Interval?: number
  Timeout?: number
  StartPeriod?: number
  Retries?: number
}

export interface ContainerConfig {
  Config: { Hostname: string; Env?: string[] | null }
  State: { Running: boolean; OOMKilled: boolean; StartedAt: string }
  NetworkSettings: { Networks: Record<string, { IPAddress?: string }> }
}

/** Returns the configuration of an image, or of several in the order of their references; throws a Failure if one is missing. */
export async function inspectImages(docker: Docker, ...references: string[]): Promise<ImageConfig[]> {
  return JSON.parse(await docker.run(['image', 'inspect', '--', ...references])) as ImageConfig[]
}

/** Returns the configuration of an image; throws a Failure if Docker does not have it. */
export async function inspectImage(docker: Docker, reference: string): Promise<ImageConfig> {
  return first(await inspectImages(docker, reference))
}

/** Returns the configuration of an image, or undefined if Docker does not have it. */
export async function findImage(docker: Docker, reference: string): Promise<ImageConfig | undefined> {
  const { exitCode, stdout } = await docker.attempt(['image', 'inspect', '--', reference])
  return exitCode === 0 ? first(JSON.parse(stdout) as ImageConfig[]) : undefined
}

/** Returns the state of a container; throws a Failure if there is no such container. */
export async function inspectContainer(docker: Docker, name: string): Promise<ContainerConfig> {
  return first(JSON.parse(await docker.run(['container', 'inspect', '--', name])) as ContainerConfig[])
}

/** Returns the state of a container, or undefined if there is no such container or no response within the timeout. */
export async function findContainer(
  docker: Docker,
  name: string,
  timeout?: Milliseconds
): Promise<ContainerConfig | undefined> {
  const args = ['container', 'inspect', '--', name]
  const { exitCode, stdout } = await docker.attempt(args, timeout === undefined ? {} : { timeout })
  return exitCode === 0 ? first(JSON.parse(stdout) as ContainerConfig[]) : undefined
}

function first<T>([one]: T[]): T {
  if (one === undefined) throw new Error('docker inspect returned an empty list')
  return one
}

export interface HistoryEntry {
  /** The instruction of the Dockerfile, as the builder recorded it. */
  CreatedBy: string
  /** Size of its layer, a decimal number of bytes. */
  Size: string
}

/** Returns the steps of an image's build, the latest first. */
export async function imageHistory(docker: Docker, image: string): Promise<HistoryEntry[]> {
  const args = ['history', '--no-trunc', '--human=false', ...AS_JSON, '--', image]
  return lines(await docker.run(args)).map((line) => JSON.parse(line) as HistoryEntry)
}

/** Returns the names (`repository:tag`) of the images that match a pattern. */
export async function imageNames(docker: Docker, pattern: string): Promise<string[]> {
  const format = ['--format', '{{.Repository}}:{{.Tag}}']
  return lines(await docker.run(['image', 'ls', '--filter', `reference=${pattern}`, ...format]))
}

/** Returns the values that a label has on the containers that have it. */
export async function labelValues(docker: Docker, label: string): Promise<string[]> {
  const format = ['--format', `{{.Label "${label}"}}`]
  return lines(await docker.run(['ps', '--all', '--filter', `label=${label}`, ...format]))
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

export interface DockerVersion {
  Server?: {
    Version: string
    Os: string
    Arch: string
    KernelVersion?: string
    Components?: { Name: string; Version?: string }[] | null
  } | null
}

/** The response to `docker version`: without a daemon it has an exit code other than 0, and may lack the server's part. */
export interface VersionResponse {
  exitCode: number
  version: DockerVersion | undefined
  /** Returns what the response means if it is not usable. */
  failure: () => Error
}

export async function dockerVersion(docker: Docker, timeout: Milliseconds): Promise<VersionResponse> {
  const args = ['version', ...AS_JSON]
  const result: CommandResult = await docker.attempt(args, { timeout })
  return {
    exitCode: result.exitCode,
    version: jsonOf(result.stdout) as DockerVersion | undefined,
    failure: () => dockerFailure(args, result)
  }
}

export interface DockerInfo {
  OperatingSystem?: string
  SecurityOptions?: string[] | null
  /** Pairs of name and value; `driver-type` is there only if images are stored in containerd. */
  DriverStatus?: [string, string][] | null
  /** Registries that Docker uses without a certificate, or without TLS. */
  RegistryConfig?: {
    IndexConfigs?: Record<string, { Secure?: boolean }>
    InsecureRegistryCIDRs?: string[] | null
  } | null
}

/** Queries the configuration of the Docker engine; undefined if it does not respond, or reports an error. */
export async function dockerInfo(docker: Docker, timeout?: Milliseconds): Promise<DockerInfo | undefined> {
  const { exitCode, stdout } = await docker.attempt(
    ['info', ...AS_JSON],
    timeout === undefined ? {} : { timeout }
  )
  // An older client exits with 0 and lists what failed.
  const info = jsonOf(stdout) as (DockerInfo & { ServerErrors?: string[] | null }) | undefined
  return exitCode === 0 && info && !info.ServerErrors?.length ? info : undefined
}

/** Returns the address that the docker client connects to, from DOCKER_HOST or its context; empty if that is unknown. */
export async function dockerEndpoint(docker: Docker, timeout: Milliseconds): Promise<string> {
  const args = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  return (await docker.attempt(args, { timeout })).stdout.trim()
}
