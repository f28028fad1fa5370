import path from 'node:path'
import { namesOf } from '../cleanup.js'
import type { Clock } from '../clock.js'
import type { Reach } from '../engine/containers.js'
import type { Engine } from '../engine/docker.js'
import type { Inputs } from '../inputs.js'
import type { SourceWorld } from '../jdk/source.js'
import { keeping, type Log } from '../log.js'
import type { Patience } from '../net/fetch.js'
import type { Phases } from '../phases.js'
import type { Repositories } from '../registry/published.js'
import type { ProofRequest } from '../restore/prove.js'

/** Everything outside the program that a run touches. */
export interface World extends Pick<
  SourceWorld,
  'azulApiUrl' | 'bellsoftApiUrl' | 'toolCache' | 'knownDigests' | 'cancelled'
> {
  engine: Engine
  /** The same for what has to be removed or put back after a cancellation, which ends the other one. */
  undoing: Engine
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
  phases: Phases
  /** Folder for files of the run, and that for its logs. */
  work: string
  logs: string
}

export function checkpointContainer(run: Run): string {
  return `${namesOf(run.id).container}-checkpoint`
}

export function containerOf(
  run: Run,
  reach: Reach
): Pick<ProofRequest, 'run' | 'env' | 'port' | 'reach' | 'network' | 'addHosts'> {
  const { env, port, network, addHosts } = run.inputs
  return { run: run.id, env, port, reach, network, addHosts }
}

export function logTo({ world, logs }: Run, file: string): Log {
  return keeping(world.log, path.join(logs, file))
}
