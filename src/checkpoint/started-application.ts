import { within } from '../lib/clock.js'
import { Diagnoser } from '../diagnosis/diagnose.js'
import type { Address, ContainerSpec } from '../docker/containers.js'
import { startContainer, type StartContext, type StartedContainer } from '../docker/started-container.js'
import type { KeptLog } from '../lib/kept-log.js'
import { LineTail } from '../lib/lines.js'
import type { Log } from '../lib/log.js'
import type { Milliseconds } from '../lib/values.js'
import type { Serves } from '../probe/responds.js'

export interface CheckpointContext extends StartContext {
  log: Log
  /** Keeps the output of the application. */
  keep: KeptLog
}

/** A started container with the application, and its output. */
export interface RunningApplication extends Pick<StartedContainer, 'name' | 'ended'> {
  address: Address
  /** What is on the application's port; undefined where that is not known. */
  serves?: Serves
  /** The last lines of its output. */
  output: LineTail
  /** Searches all of its output for known failures. */
  diagnoser: Diagnoser
  /** Calls the listener for each further line; returns the function that stops that. */
  listen: (onLine: (line: string) => void) => () => void
  /** Waits, for a short time at most, until all the output of an ended container was read. */
  drained: () => Promise<unknown>
}

/** Lines of the log that a message shows. */
export const SHOWN_LINES = 20

/** Limit for reading the last lines of a container that has ended. */
const DRAIN_TIMEOUT: Milliseconds = 2000

/** Starts a container; `onLine` gets each line from the first one on. */
export async function startApplication(
  context: CheckpointContext,
  spec: ContainerSpec,
  onLine: (line: string) => void
): Promise<RunningApplication> {
  const { docker, clock, log, keep } = context
  const { name, ended, address } = await startContainer(context, spec)
  const output = new LineTail(SHOWN_LINES)
  const diagnoser = new Diagnoser('dump')
  const listeners = new Set([onLine])
  const followed = docker.attempt(['logs', '--follow', name], {
    onLine: (line) => {
      output.push(line)
      diagnoser.push('app', line)
      log.untrusted(line)
      for (const listener of listeners) listener(line)
    },
    keep
  })
  // A failure elsewhere may end the run before this is awaited.
  followed.catch(() => undefined)
  return {
    name,
    ended,
    // Without an address the container has ended, which is reported by its end.
    address: await address.catch(() => ({ host: '127.0.0.1', port: 0 })),
    output,
    diagnoser,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    drained: () => within(followed, DRAIN_TIMEOUT, clock)
  }
}

/** Returns the application with what is on its port. */
export function servedBy(application: RunningApplication, serves: Serves): RunningApplication {
  return { ...application, serves, address: { ...application.address, tls: serves === 'tls' } }
}
