import path from 'node:path'
import { EXPIRED, within, type Clock } from '../lib/clock.js'
import { removeContainer, type Address, type ContainerSpec } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { dockerFailure } from '../docker/failure.js'
import { startContainer, type StartContext } from '../docker/started-container.js'
import type { Failure } from '../lib/errors.js'
import { writeLog, type Hiding } from '../lib/kept-log.js'
import { RESTORED_MARK } from '../lib/image-paths.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { checksFor, untilReady, type Readiness } from '../probe/readiness.js'
import { send, type HttpRequest } from '../probe/request.js'
import { ImageFormatError } from '../snapshot/image-format.js'
import { readRestoreTime } from '../snapshot/statistics.js'
import type { Start } from './figures.js'

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
  failed: (why: string, log: string) => Failure
}

/** Pause between two probes: short, as the measured time is short. */
const PROBE_INTERVAL: Milliseconds = 2

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
  const { load, port, readiness } = request
  const name = `${request.container}-${mode.name}`
  const stop = new AbortController()
  async function failure(why: string): Promise<Failure> {
    const log = await logOf(docker, name)
    await writeLog(path.join(request.logs, `${mode.name}.log`), `${log}\n`, request.hiding)
    return mode.failed(why, log)
  }
  try {
    const container = await startContainer(context, {
      ...request,
      name,
      env: { ...request.env, ...mode.env }
    })
    const { ended, startTime } = container
    const ready = container.address.then(async (address) => {
      const target = { docker, container: name, address, port }
      // The log is not followed here: without another condition the port has to respond.
      const checks = checksFor({ ...readiness, log: undefined }, target)
      return { address, ...(await untilReady(checks, PROBE_INTERVAL, clock, stop.signal)) }
    })
    // A container without an address has ended, which is reported below.
    const outcome = await within(Promise.race([ended, ready.catch(() => ended)]), mode.limit, clock)
    if (outcome === EXPIRED) throw await failure(`it did not respond within ${seconds(mode.limit)}`)
    if ('exitCode' in outcome) throw await failure(`it ended with exit code ${outcome.exitCode}`)
    if (!outcome.ready) throw await failure('it did not respond')
    const requests = load && (await timeRequests(outcome.address, load, clock))

    const restored = mode.name === 'restore' ? await restoreIn(docker, name) : { criu: undefined }
    if (!restored) throw await failure('the application was not restored but started normally')

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

/** Exit code of the check for a process that was not restored; `docker exec` itself never has it, not even without the container. */
const NOT_RESTORED = 3

/**
 * Checks the process id that the entry script writes after a restore, or `warp`: only a restored process has that id.
 * Prints CRIU's statistics.
 */
const CHECK_RESTORED = `
id=$(cat "$HOME/${RESTORED_MARK}"*) && [ -n "$id" ] && { [ "$id" = warp ] || [ -d "/proc/$id" ]; } || exit ${NOT_RESTORED}
base64 -w 0 "$HOME/stats-restore" || true`

const CHECK_TIMEOUT: Milliseconds = 30_000

/** Returns CRIU's time for the restore, where it is known; undefined if the process in the container was not restored. */
async function restoreIn(
  docker: Docker,
  container: string
): Promise<{ criu: Milliseconds | undefined } | undefined> {
  const command = ['exec', container, 'sh', '-c', CHECK_RESTORED]
  const result = await docker.attempt(command, { timeout: CHECK_TIMEOUT })
  if (result.exitCode === NOT_RESTORED) return undefined
  if (result.exitCode !== 0) throw dockerFailure(command, result)
  const statistics = result.stdout.trim()
  return { criu: statistics === '' ? undefined : restoreTime(statistics) }
}

function restoreTime(statistics: string): Milliseconds | undefined {
  try {
    return Math.round(readRestoreTime(Buffer.from(statistics, 'base64')))
  } catch (error) {
    if (error instanceof ImageFormatError) return undefined
    throw error
  }
}
