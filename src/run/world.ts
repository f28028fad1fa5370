import { hostname } from 'node:os'
import { systemClock, type Clock } from '../lib/clock.js'
import { createDocker, type Docker } from '../docker/docker.js'
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
  /** The same for what has to be removed or put back after a cancellation, which ends the other one. */
  dockerAfterCancel: Docker
  repositories: Repositories
  clock: Clock
  log: Log
  platform: NodeJS.Platform
  /** Of this machine. */
  hostname: string
  patience: Patience
  /** Of the action. */
  version: string
  /** The project's `docker/` folder, as shipped with the action. */
  dockerFolder: string
  /** Folder that relative paths start from. */
  workspace: string
  /** The step's environment, for the program that warms up. */
  environment: NodeJS.ProcessEnv
  /** The run's own folder; `work` in it is gone afterwards, `logs` stays until the post step. */
  runFolder: string
}

/** The real world around a run; what differs between a runner and a terminal is given. */
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
    // Not the engine that a cancellation ends: the way to a registry is asked for when tags are put back, too.
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

/** The repositories that the environment has the logins for, and the engine knows the way to. */
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
  return ({ registry, path }, signal) => new RepositoryClient(world, registry, path, signal)
}
