import { hostname } from 'node:os'
import { systemClock, type Clock } from '../lib/clock.js'
import { createDocker, type Docker } from '../docker/docker.js'
import { programsOn, type StartProgram } from '../docker/process-group.js'
import { RUN_VARIABLE } from './orphans.js'
import type { Log } from '../lib/log.js'
import { patienceOf, type Patience } from '../http/retry.js'
import type { JdkSourceContext } from '../jdk/source.js'
import { RepositoryClient, type ClientContext } from '../registry/client.js'
import { credentialsFor } from '../registry/credentials.js'
import { endpointOf } from '../registry/endpoint.js'
import type { Repositories } from '../registry/published.js'
import { shipped, vendorApis } from '../shipped.js'

/** Everything outside the program that a run touches. */
export interface World extends Pick<
  JdkSourceContext,
  'azulApiUrl' | 'bellsoftApiUrl' | 'toolCache' | 'knownDigests'
> {
  cancelled: AbortSignal
  docker: Docker
  /** Docker for removing and restoring things after a cancellation, which ends `docker`. */
  dockerAfterCancel: Docker
  startProgram: StartProgram
  repositories: Repositories
  clock: Clock
  log: Log
  platform: NodeJS.Platform
  hostname: string
  patience: Patience
  /** Version of the action. */
  version: string
  /** The project's `docker/` folder, as shipped with the action. */
  dockerFolder: string
  /** Base folder of relative paths. */
  workspace: string
  /** The step's environment, for the warm-up script. */
  environment: NodeJS.ProcessEnv
  /** Folder of the run; `work` in it is removed at the end of the run, `logs` in the post step. */
  runFolder: string
}

/** Returns the real world for a run; the parameter `given` differs between a runner and a terminal. */
export function realWorld(
  run: string,
  environment: NodeJS.ProcessEnv,
  given: Pick<World, 'toolCache' | 'workspace' | 'runFolder' | 'cancelled'> & { log: Log }
): World {
  const patience = patienceOf(environment)
  const marked = { ...environment, [RUN_VARIABLE]: run }
  const docker = createDocker(marked, { longestAbsence: patience.tryTimeout, cancelled: given.cancelled })
  const dockerAfterCancel = createDocker(environment)
  return {
    docker,
    dockerAfterCancel,
    startProgram: programsOn(environment, given.cancelled),
    // Moved tags are restored after a cancellation, which needs Docker's configuration of the registry.
    repositories: repositoriesIn(environment, dockerAfterCancel, (line) => given.log.info(line)),
    clock: systemClock,
    platform: process.platform,
    hostname: hostname(),
    environment: marked,
    ...shipped(),
    ...vendorApis(environment),
    patience,
    ...given
  }
}

/** Returns access to repositories, with the logins of the environment and Docker's configuration of registries. */
export function repositoriesIn(
  environment: NodeJS.ProcessEnv,
  docker: Docker,
  info: (line: string) => void
): Repositories {
  const world: ClientContext = {
    clock: systemClock,
    patience: patienceOf(environment),
    info,
    credentials: (registry) => credentialsFor(registry, environment),
    endpoint: (registry) => endpointOf(registry, { docker, environment, root: '/' })
  }
  return ({ registry, path }, signal, policy) =>
    new RepositoryClient({ ...world, ...(policy && { policy }) }, registry, path, signal)
}
