import { within, type Clock } from '../lib/clock.js'
import { Diagnoser } from '../diagnosis/diagnose.js'
import {
  addressOf,
  containerEnd,
  createContainer,
  type Address,
  type ContainerEnd,
  type ContainerSpec
} from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { LineTail } from '../lib/lines.js'
import type { Log } from '../lib/log.js'
import type { Milliseconds } from '../lib/values.js'

export interface World {
  docker: Docker
  clock: Clock
  log: Log
  /** Takes all that the application writes, as it is. */
  keep: (bytes: Buffer) => void
}

/** A started container with the application: its end, and what it prints. */
export interface Application {
  name: string
  ended: Promise<ContainerEnd>
  /** The last lines of its output. */
  output: LineTail
  /** Looks at all of its output for known failures. */
  diagnoser: Diagnoser
  /** Calls for each further line; gives the function that ends that. */
  listen: (onLine: (line: string) => void) => () => void
  /** Waits, for a short time at most, until all the output of an ended container was read. */
  drained: () => Promise<unknown>
}

/** Lines of the log that a message shows. */
export const SHOWN_LINES = 20

/** For the last lines of a container that has ended. */
const DRAIN_TIMEOUT: Milliseconds = 2000

/** Starts a container; `onLine` listens from its first line on. */
export async function startApplication(
  { docker, clock, log, keep }: World,
  spec: ContainerSpec,
  onLine: (line: string) => void
): Promise<{ application: Application; address: Address }> {
  await createContainer(docker, spec)
  await docker.run(['start', spec.name])

  const output = new LineTail(SHOWN_LINES)
  const diagnoser = new Diagnoser('dump')
  const listeners = new Set([onLine])
  const followed = docker.attempt(['logs', '--follow', spec.name], {
    onLine: (line) => {
      output.push(line)
      diagnoser.push('app', line)
      log.foreign(line)
      for (const listener of listeners) listener(line)
    },
    onBytes: keep
  })
  const ended = containerEnd(docker, spec.name)
  // A failure elsewhere ends the run before anyone looks at these two.
  ended.catch(() => undefined)
  followed.catch(() => undefined)
  const application: Application = {
    name: spec.name,
    ended,
    output,
    diagnoser,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    drained: () => within(followed, DRAIN_TIMEOUT, clock)
  }
  // A container that has ended publishes no port: its end tells more than that.
  const address = await addressOf(docker, spec).catch(() => ({ host: '127.0.0.1', port: 0 }))
  return { application, address }
}
