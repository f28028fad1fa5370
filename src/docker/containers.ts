import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CommandResult } from './process-group.js'
import type { Docker } from './docker.js'
import { inspectContainer } from './inspect.js'

/** Label that marks everything of one run, so that its post step finds it. */
export const RUN_LABEL = 'io.github.crac-checkpoint.run'

/** How this process reaches the ports of a container. */
export type Reach =
  /** On a port that the engine publishes on `bind`, and that is reached as `host`. */
  | { by: 'published port'; bind: string; host: string }
  /** On the container's own address in a network that this process is in too. */
  | { by: 'network'; network: string }

/** Where a port of a container is, as seen from here. */
export interface Address {
  host: string
  port: number
}

export interface ContainerSpec {
  name: string
  image: string
  /** Id of the run that it belongs to. */
  run: string
  /** `docker create` flags: privileges. */
  flags: readonly string[]
  /** Environment of the application, without line ends. */
  env: Record<string, string>
  /** Existing folder of the run. */
  work: string
  /** Port of the application. */
  port: number
  reach: Reach
  /** Network of the engine; its default one when absent. */
  network?: string | undefined
  /** `name:address` each. */
  addHosts: readonly string[]
  /** Arguments behind the image. */
  command?: readonly string[]
}

export interface ContainerEnd {
  exitCode: number
  oomKilled: boolean
}

/** In the network of the machine itself nothing is published: every port is there already. */
const HOST_NETWORK = 'host'

/**
 * Of the drivers that `docker logs` can read, the one that keeps bytes as they are. A bounded number of them, in large files:
 * measured with 200 MB written at once, whoever follows a log misses whole files of it, of 20 MB each with the standard, and
 * none before the first one is full.
 */
const LOG_DRIVER = [
  ...['--log-driver', 'local', '--log-opt', 'compress=false'],
  ...['--log-opt', 'max-size=100m', '--log-opt', 'max-file=2']
]

/** The argument vector of `docker` for a container; its environment stands in the file. */
export function createCommand(spec: ContainerSpec, environmentFile: string): string[] {
  const { reach } = spec
  const network = spec.network ?? (reach.by === 'network' ? reach.network : undefined)
  return [
    'create',
    '--name',
    spec.name,
    '--label',
    `${RUN_LABEL}=${spec.run}`,
    ...(reach.by === 'published port' ? ['--publish', `${reach.bind}::${spec.port}`] : []),
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
 * Makes a container. Its environment reaches the engine by a file that is gone afterwards: argv is there for all to see, and in the
 * environment of the client its DOCKER_HOST or PATH would be taken for the client's own.
 */
export async function createContainer(docker: Docker, spec: ContainerSpec): Promise<void> {
  const { reach, network, env } = spec
  const file = path.join(spec.work, `${spec.name}.env`)
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`)
  try {
    await writeFile(file, lines.join(''), { mode: 0o600 })
    await docker.run(createCommand(spec, file))
  } finally {
    await rm(file, { force: true })
  }
  if (reach.by === 'network' && network !== undefined && ![HOST_NETWORK, reach.network].includes(network)) {
    await docker.run(['network', 'connect', reach.network, spec.name])
  }
}

/** Resolves when the container has ended: `docker wait`, so at once and without polling. */
export async function containerEnd(docker: Docker, name: string): Promise<ContainerEnd> {
  return await endOf(docker, name, Number(await docker.run(['wait', name])))
}

/** The same for a container whose exit code is known. */
export async function endOf(docker: Docker, name: string, exitCode: number): Promise<ContainerEnd> {
  const { State } = await inspectContainer(docker, name)
  return { exitCode, oomKilled: State.OOMKilled }
}

/** Where the application's port of a started container is. */
export async function addressOf(docker: Docker, spec: ContainerSpec): Promise<Address> {
  const { reach, name, port } = spec
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

/** Removes a container, running or not; one that is not there is fine. */
export async function removeContainer(docker: Docker, name: string): Promise<void> {
  await docker.attempt(['rm', '--force', '--volumes', name])
}

/** Runs a program of an image in a container that is gone afterwards, without a network. */
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
