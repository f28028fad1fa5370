import path from 'node:path'
import type { Clock } from '../lib/clock.js'
import { keptLog, type Hiding, type KeptLog } from '../lib/kept-log.js'
import type { Log } from '../lib/log.js'
import type { ContainerSpec, Reach } from './containers.js'
import type { Docker, Listeners } from './docker.js'
import type { StartProgram } from './process-group.js'

/** Runs a part of the job as a named step: a group in the log whose duration is recorded. */
export type RunStep = <T>(name: string, title: string, work: () => Promise<T>) => Promise<T>

/** Environment of a step: what every folder of the program may use of the run. */
export interface Context {
  id: string
  docker: Docker
  clock: Clock
  log: Log
  step: RunStep
  /** Folder for temporary files of the run; it is removed when the run ends. */
  work: string
  /** Folder for logs and other evidence; it stays until the post step. */
  logs: string
  /** Replaces the known secrets in the logs. */
  hiding: Hiding
  /** Starts programs of the runner that unpack archives. */
  startProgram: StartProgram
}

type LogContext = Pick<Context, 'logs' | 'log' | 'hiding'>

/** Returns the log of a build or a container in the logs folder. */
export function keepIn({ logs, log, hiding }: LogContext, file: string): KeptLog {
  return keptLog(path.join(logs, file), (line) => log.warning(line), hiding)
}

/** Returns listeners that show the output of a command in the step's log, and keep it in a file of the logs folder. */
export function outputTo(context: LogContext, file: string): Listeners {
  return { onLine: (line) => context.log.untrusted(line), keep: keepIn(context, file) }
}

/** Folder for CRIU's images without the memory pages. */
export function imagesFolder({ work }: Pick<Context, 'work'>): string {
  return path.join(work, 'images')
}

/** Inputs that every container with the application gets. */
export interface ContainerInputs {
  env: Record<string, string>
  port: number
  network: string | undefined
  addHosts: string[]
}

/** Returns the settings that all containers with the application have in common. */
export function containerSettings(
  { id, work }: Pick<Context, 'id' | 'work'>,
  { env, port, network, addHosts }: ContainerInputs,
  reach: Reach
): Pick<ContainerSpec, 'run' | 'env' | 'work' | 'port' | 'reach' | 'network' | 'addHosts'> {
  return { run: id, env, work, port, reach, network, addHosts }
}
