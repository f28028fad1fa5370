import path from 'node:path'
import { namesOf } from '../run/release.js'
import type { Clock } from '../lib/clock.js'
import type { Reach } from '../docker/containers.js'
import type { Docker, Listeners } from '../docker/docker.js'
import type { Inputs } from '../inputs/inputs.js'
import type { SourceWorld } from '../jdk/source.js'
import { keptLog } from '../lib/kept-log.js'
import type { Log } from '../lib/log.js'
import type { Patience } from '../http/retry.js'
import type { Steps } from '../run/steps.js'
import type { Repositories } from '../registry/published.js'
import type { StartRequest } from '../proof/timed-start.js'

/** Everything outside the program that a run touches. */
export interface World extends Pick<
  SourceWorld,
  'azulApiUrl' | 'bellsoftApiUrl' | 'toolCache' | 'knownDigests' | 'cancelled'
> {
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

/** A run under way: what its stages share. */
export interface Run {
  id: string
  inputs: Inputs
  world: World
  steps: Steps
  /** What the log warned of so far. */
  warnings: readonly string[]
  /** Folder for files of the run, and that for its logs. */
  work: string
  logs: string
}

export function checkpointContainer(run: Run): string {
  return `${namesOf(run.id).container}-checkpoint`
}

/** Folder for CRIU's images without the memory. */
export function imagesOf(run: Run): string {
  return path.join(run.work, 'images')
}

export function containerOf(
  run: Run,
  reach: Reach
): Pick<StartRequest, 'run' | 'env' | 'work' | 'port' | 'reach' | 'network' | 'addHosts'> {
  const { env, port, network, addHosts } = run.inputs
  return { run: run.id, env, work: run.work, port, reach, network, addHosts }
}

/** Keeps what a build or a container writes, as it is, in a file of the logs. */
export function keepIn({ logs, world }: Run, file: string): (bytes: Buffer) => void {
  return keptLog(path.join(logs, file), (line) => world.log.warning(line))
}

/** The same, and for people in the step's log. */
export function outputTo(run: Run, file: string): Listeners {
  return { onLine: (line) => run.world.log.foreign(line), onBytes: keepIn(run, file) }
}
