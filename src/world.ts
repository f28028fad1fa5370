import { hostname } from 'node:os'
import { systemClock } from './clock.js'
import { dockerEngine } from './engine/docker.js'
import { RUN_VARIABLE } from './engine/orphans.js'
import type { Log } from './log.js'
import { patienceOf } from './net/fetch.js'
import { RepositoryClient, type ClientWorld } from './registry/client.js'
import { credentialsFor } from './registry/credentials.js'
import { endpointOf } from './registry/endpoint.js'
import type { Repositories } from './registry/published.js'
import type { World } from './stages/run.js'
import { shipped, vendorApis } from './surroundings.js'

/** The real world around a run; what differs between a runner and a terminal is given. */
export function realWorld(
  run: string,
  environment: NodeJS.ProcessEnv,
  given: Pick<World, 'toolCache' | 'workspace' | 'runFolder' | 'cancelled'> & { log: Log }
): World {
  const marked = { ...environment, [RUN_VARIABLE]: run }
  const engine = dockerEngine(marked, given.cancelled)
  const patience = patienceOf(environment)
  return {
    engine,
    undoing: dockerEngine(environment),
    repositories: repositoriesOf({
      clock: systemClock,
      patience,
      info: (line) => given.log.info(line),
      credentials: (registry) => credentialsFor(registry, environment),
      endpoint: (registry) => endpointOf(registry, { engine, environment, root: '/' })
    }),
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

function repositoriesOf(world: ClientWorld): Repositories {
  return ({ registry, path }, signal) => new RepositoryClient(world, registry, path, signal)
}
