import type { Engine } from './docker.js'

/** Label that marks everything of one run, so that its post step finds it. */
export const RUN_LABEL = 'io.github.crac-checkpoint.run'

export interface ContainerSpec {
  name: string
  image: string
  /** Id of the run that it belongs to. */
  run: string
  /** `docker create` flags: privileges. */
  flags: readonly string[]
  /** Environment of the application; values reach the engine through the client's environment, not through argv. */
  env: Record<string, string>
  /** Port of the application; published on the loopback address, on a port that the engine chooses. */
  port: number
}

export interface ContainerEnd {
  exitCode: number
  oomKilled: boolean
}

/** The argument vector of `docker` for a container. */
export function createCommand(spec: ContainerSpec): string[] {
  return [
    'create',
    '--name',
    spec.name,
    '--label',
    `${RUN_LABEL}=${spec.run}`,
    '--publish',
    `127.0.0.1::${spec.port}`,
    ...spec.flags,
    ...Object.keys(spec.env).flatMap((name) => ['--env', name]),
    '--',
    spec.image
  ]
}

export async function createContainer(engine: Engine, spec: ContainerSpec): Promise<void> {
  await engine.run(createCommand(spec), { env: spec.env })
}

/** Resolves when the container has ended: `docker wait`, so at once and without polling. */
export async function containerEnd(engine: Engine, name: string): Promise<ContainerEnd> {
  const exitCode = Number(await engine.run(['wait', name]))
  const oomKilled = await engine.run(['inspect', '--format', '{{.State.OOMKilled}}', name])
  return { exitCode, oomKilled: oomKilled === 'true' }
}

/** The loopback port under which the container's port is published. */
export async function publishedPort(engine: Engine, name: string, port: number): Promise<number> {
  const addresses = await engine.run(['port', name, `${port}/tcp`])
  return Number(addresses.split('\n')[0]?.split(':').at(-1))
}

/** Removes a container, running or not; one that is not there is fine. */
export async function removeContainer(engine: Engine, name: string): Promise<void> {
  await engine.attempt(['rm', '--force', '--volumes', name])
}
