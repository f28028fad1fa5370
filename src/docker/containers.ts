import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CommandResult } from './process-group.js'
import type { Docker } from './docker.js'
import { inspectContainer } from './inspect.js'

/** Label of all containers and images of a run, by which its post step finds them. */
export const RUN_LABEL = 'io.github.crac-checkpoint.run'

/** How this process reaches the ports of a container. */
export type Reach =
  /** Through a port that Docker publishes on the address `bind`, and that this process reaches at `host`. */
  | { by: 'published port'; bind: string; host: string }
  /** At the container's own address in a network that this process is in too. */
  | { by: 'network'; network: string }

/** Address of a port of a container, as this process reaches it. */
export interface Address {
  host: string
  port: number
  /** true where the application speaks TLS there. */
  tls?: boolean
}

export interface ContainerSpec {
  name: string
  image: string
  run: string
  flags: readonly string[]
  /** Environment of the application; values have no line breaks. */
  env: Record<string, string>
  work: string
  port: number
  /** Further ports that this process has to reach. */
  otherPorts?: readonly number[]
  reach: Reach
  /** Docker network; undefined for the default one. */
  network?: string | undefined
  /** Entries of the form `name:address`. */
  addHosts: readonly string[]
  command?: readonly string[]
}

export interface ContainerEnd {
  exitCode: number
  oomKilled: boolean
}

/** Network of the machine itself, in which ports need no publishing. */
export const HOST_NETWORK = 'host'

/**
 * The one log driver that `docker logs` can read and that keeps bytes as they are, with a bounded number of large
 * files. Measured with 200 MB written at once: a follower of the log misses whole files, of 20 MB by default, but none
 * before the first file is full.
 */
const LOG_DRIVER = [
  ...['--log-driver', 'local', '--log-opt', 'compress=false'],
  ...['--log-opt', 'max-size=100m', '--log-opt', 'max-file=2']
]

/** Returns the arguments of `docker` that create a container with the environment in the file. */
export function createCommand(spec: ContainerSpec, environmentFile: string): string[] {
  const { reach } = spec
  const network = spec.network ?? (reach.by === 'network' ? reach.network : undefined)
  return [
    'create',
    '--name',
    spec.name,
    '--label',
    `${RUN_LABEL}=${spec.run}`,
    ...(reach.by === 'published port'
      ? [spec.port, ...(spec.otherPorts ?? [])].flatMap((port) => ['--publish', `${reach.bind}::${port}`])
      : []),
    ...(network === undefined ? [] : ['--network', network]),
    ...spec.addHosts.flatMap((entry) => ['--add-host', entry]),
    ...spec.flags,
    '--env-file',
    environmentFile,
    ...LOG_DRIVER,
    '--',
    spec.image,
    ...(spec.command ?? [])
  ]
}

/**
 * Creates a container. Its environment is passed in a temporary file: other users can read argv, and in the
 * environment of the client a DOCKER_HOST or PATH would change the client itself.
 */
export async function createContainer(docker: Docker, spec: ContainerSpec): Promise<void> {
  const { reach, network, env } = spec
  const file = path.join(spec.work, `${spec.name}.env`)
  await withEnvironmentFile(file, env, (file) => docker.run(createCommand(spec, file)))
  if (reach.by === 'network' && network !== undefined && ![HOST_NETWORK, reach.network].includes(network)) {
    await docker.run(['network', 'connect', reach.network, spec.name])
  }
}

/** Writes variables, whose values have no line breaks, to a file that only this user can read, and removes it after the work. */
export async function withEnvironmentFile<T>(
  file: string,
  env: Readonly<Record<string, string>>,
  work: (file: string) => Promise<T>
): Promise<T> {
  try {
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(file, lines.join(''), { mode: 0o600 })
    return await work(file)
  } finally {
    await rm(file, { force: true })
  }
}

/** Resolves as soon as the container has ended; uses `docker wait`, and so does not poll. */
export async function containerEnd(docker: Docker, name: string): Promise<ContainerEnd> {
  return await endOf(docker, name, Number(await docker.run(['wait', name])))
}

/** Returns the end of a container whose exit code is known. */
export async function endOf(docker: Docker, name: string, exitCode: number): Promise<ContainerEnd> {
  const { State } = await inspectContainer(docker, name)
  return { exitCode, oomKilled: State.OOMKilled }
}

/** Returns the address of a port of a started container, the application's port if none is given. */
export async function addressOf(
  docker: Docker,
  spec: Pick<ContainerSpec, 'name' | 'port' | 'reach' | 'network'>,
  port = spec.port
): Promise<Address> {
  const { reach, name } = spec
  if (spec.network === HOST_NETWORK) {
    return { host: reach.by === 'published port' ? reach.host : '127.0.0.1', port }
  }
  if (reach.by === 'network') {
    const { NetworkSettings } = await inspectContainer(docker, name)
    return { host: NetworkSettings.Networks[reach.network]?.IPAddress ?? '', port }
  }
  const published = await docker.run(['port', name, `${port}/tcp`])
  return { host: reach.host, port: Number(published.split('\n')[0]?.split(':').at(-1)) }
}

/** Removes a container, running or not, if it exists. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  await docker.attempt(['rm', '--force', '--volumes', name])
}

/** Runs a program of an image in a fresh container without a network, and removes the container. */
export async function runOnce(
  docker: Docker,
  container: {
    run: string
    image: string
    flags: readonly string[]
    program: string
    args: readonly string[]
  },
  timeout: number
): Promise<CommandResult> {
  const { run, image, flags, program, args } = container
  const label = ['--label', `${RUN_LABEL}=${run}`]
  const options = ['--rm', ...label, '--network', 'none', ...flags, '--entrypoint', program]
  return await docker.attempt(['run', ...options, '--', image, ...args], { timeout })
}
