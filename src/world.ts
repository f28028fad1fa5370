import { hostname } from 'node:os'
import { systemClock } from './clock.js'
import { dockerEngine } from './engine/docker.js'
import { RUN_VARIABLE } from './engine/orphans.js'
import type { Log } from './log.js'
import { patienceOf } from './net/fetch.js'
import type { World } from './stages/run.js'
import { shipped, vendorApis } from './surroundings.js'

/** The real world around a run; what differs between a runner and a terminal is given. */
export function realWorld(
  run: string,
  environment: NodeJS.ProcessEnv,
  given: Pick<World, 'toolCache' | 'workspace' | 'runFolder'> & { log: Log }
): World {
  return {
    engine: dockerEngine({ ...environment, [RUN_VARIABLE]: run }),
    clock: systemClock,
    platform: process.platform,
    hostname: hostname(),
    environment,
    ...shipped(),
    ...vendorApis(environment),
    patience: patienceOf(environment),
    ...given
  }
}
