import path from 'node:path'
import { EXPIRED, within, type Clock } from '../lib/clock.js'
import { removeContainer, type Address, type ContainerSpec } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { startContainer, type StartContext } from '../docker/started-container.js'
import type { Failure } from '../lib/errors.js'
import { MARKERS } from '../lib/image-paths.js'
import { writeLog, type Hiding } from '../lib/kept-log.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { explainMissingPort, type Explanation, type NeededPort } from '../probe/listeners.js'
import { watchLog } from '../probe/log-watch.js'
import { checksFor, untilReady, type Outcome, type Readiness } from '../probe/readiness.js'
import type { Serves } from '../probe/responds.js'
import { send, type HttpRequest } from '../probe/request.js'
import type { Start } from './figures.js'
import { checksOfRestore, restoreIn } from './restored.js'

/** A request to send many times, one after the other, like the first users of a started application. */
export interface Load {
  request: HttpRequest
  count: number
  /** After this time no further request is sent. */
  limit: Milliseconds
}

/** An image, and how to start it and send requests to it. */
export interface StartRequest extends Omit<ContainerSpec, 'name'> {
  /** Prefix for the names of the containers. */
  container: string
  readiness: Readiness
  /** What was on the application's port at the checkpoint; undefined where that is not known. */
  serves?: Serves
  startupTimeout: Milliseconds
  restoreTimeout: Milliseconds
  /** Requests after the first successful response; undefined for none. */
  load?: Load | undefined
  /** Existing folder for the logs of the containers. */
  logs: string
  hiding: Hiding
}

/** A restore or a normal start: its environment, its limit, and the Failure that it leads to. */
export interface StartMode {
  name: 'restore' | 'cold' | 'archive'
  env: Record<string, string>
  limit: Milliseconds
  failed: (what: FailedStart) => Failure
}

/** What a start that did not succeed has shown. */
export interface FailedStart {
  /** Completes a sentence about the application: `it ended with exit code 1`. */
  why: string
  log: string
  /** true where the process was restored: then the rest is a problem of the application. */
  restored: boolean
  /** What the sockets of the container explain. */
  port: Explanation | undefined
}

/** Pause between two probes: short, as the measured time is short. */
const PROBE_INTERVAL: Milliseconds = 2

/** Limit for CRIU's mark after a response: CRIU writes it just after the application continues. */
const MARK_WAIT: Milliseconds = 5000

/** Lines of the log of a container that are kept; a failed one may have written many. */
const KEPT_LINES = '2000'

/**
 * Starts the image in a fresh container, and measures the time. Throws a Failure if it does not respond in time, or if a
 * process that was not restored responds to what should be a restore.
 */
export async function timedStart(
  context: StartContext,
  request: StartRequest,
  mode: StartMode
): Promise<Start> {
  const { docker, clock } = context
  const { load, readiness, serves } = request
  const name = `${request.container}-${mode.name}`
  const stop = new AbortController()
  const spec: ContainerSpec = { ...request, name, env: { ...request.env, ...mode.env } }
  const watch = watchLog(clock, readiness.log)
  const target = { docker, spec, log: watch }
  async function failure(what: Omit<FailedStart, 'log' | 'port'>, port?: Explanation): Promise<Failure> {
    const log = await logOf(docker, name)
    await writeLog(path.join(request.logs, `${mode.name}.log`), `${log}\n`, request.hiding)
    return mode.failed({ ...what, log, port })
  }
  try {
    const container = await startContainer(context, spec)
    const { ended, startTime } = container
    // The end of the container ends the command; a failure of it leaves the line unseen.
    if (readiness.log)
      docker.attempt(['logs', '--follow', name], { onLine: watch.onLine }).catch(() => undefined)
    const ready = container.address.then(async (address) => {
      const reached = { ...target, address }
      const checks =
        mode.name === 'restore'
          ? checksOfRestore(readiness, reached, serves, clock)
          : checksFor(readiness, reached, serves)
      return { address, ...(await untilReady(checks, PROBE_INTERVAL, clock, stop.signal)) }
    })
    // A container without an address has ended, which is reported below.
    const outcome = await within(Promise.race([ended, ready.catch(() => ended)]), mode.limit, clock)
    if (outcome === EXPIRED || (!('exitCode' in outcome) && !outcome.ready)) {
      stop.abort()
      const restored = mode.name === 'restore' && (await restoreIn(docker, name, 0)) !== undefined
      const what = await lastOf(ready)
      const port =
        mode.name === 'restore' && !restored ? undefined : await explainMissingPort(target, what.port)
      throw await failure({ why: `${what.text} within ${seconds(mode.limit)}`, restored }, port)
    }
    if ('exitCode' in outcome) {
      throw await failure({
        why: `it ended with exit code ${outcome.exitCode}`,
        restored: mode.name === 'restore' && !(await logOf(docker, name)).includes(MARKERS.notRestored)
      })
    }
    const address = { ...outcome.address, tls: outcome.tls || serves === 'tls' }
    const requests = load && serves !== 'nothing' ? await timeRequests(address, load, clock) : undefined

    const restored = mode.name === 'restore' ? await restoreIn(docker, name, MARK_WAIT) : { criu: undefined }
    if (!restored) {
      const why = 'the application was not restored but started normally'
      throw await failure({ why, restored: false })
    }
    return {
      answer: Math.max(1, Math.round(outcome.at - (await startTime()))),
      requests,
      jvm: jvmAge(await logOf(docker, name)),
      criu: restored.criu
    }
  } finally {
    stop.abort()
    await removeContainer(docker, name)
  }
}

/** Returns which condition did not hold, and the port that it needs. */
async function lastOf(ready: Promise<Outcome>): Promise<{ text: string; port: NeededPort | undefined }> {
  const outcome = await ready.catch(() => undefined)
  if (!outcome || outcome.ready) return { text: 'it did not respond', port: undefined }
  const { check, last } = outcome
  return { text: `it did not respond (${check.name}: ${last.description})`, port: check.port }
}

async function logOf(docker: Docker, name: string): Promise<string> {
  const { stdout, stderr } = await docker.attempt(['logs', '--tail', KEPT_LINES, name])
  return `${stdout}\n${stderr}`.trim()
}

/** Sends the requests. Returns their number and total time; undefined if one did not get a successful response. */
async function timeRequests(
  address: Address,
  { request, count, limit }: Load,
  clock: Clock
): Promise<Start['requests']> {
  const begin = clock.now()
  let sent = 0
  while (sent < count && clock.now() - begin < limit) {
    const { ok } = await send(address, request)
    if (!ok) return undefined
    sent++
  }
  return { count: sent, duration: Math.max(1, Math.round(clock.now() - begin)) }
}

/** Log lines in which frameworks report the age of their JVM when they are up, and the unit of the number. */
const AGE_LINES: [pattern: RegExp, unit: Milliseconds][] = [
  // Spring Framework 6.1 and newer, DefaultLifecycleProcessor; -1 where the JVM does not know.
  [/\(restored JVM running for (\d+) ms\)/, 1],
  // Spring Boot, StartupInfoLogger.
  [/ in [\d.]+ seconds \((?:process|JVM) running for ([\d.]+)\)/, 1000],
  // Helidon 4, LoomServer.
  [/ (\d+) milliseconds since JVM (?:startup|snapshot restore)\b/, 1]
]

/** Returns the time since the start or the restore of the JVM that the log of an application reports; undefined if none. */
export function jvmAge(log: string): Milliseconds | undefined {
  for (const [pattern, unit] of AGE_LINES) {
    const age = pattern.exec(log)?.[1]
    if (age !== undefined) return Math.round(Number(age) * unit)
  }
  return undefined
}
