import { EXPIRED, within } from '../lib/clock.js'
import type { Address } from '../docker/containers.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import type { Readiness } from '../probe/readiness.js'
import { send, type HttpRequest } from '../probe/request.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import type { Application, World } from './started-application.js'
import { endedEarly } from './ready.js'
import { dumpThreads, tellingThreads } from './threads.js'
import { runScript } from './warm-up-script.js'

/** What is sent to the application before its checkpoint, so that its code is loaded and compiled. */
export interface WarmUp {
  lines: WarmUpRequest[]
  /** Program on this machine, as an absolute path. */
  script: string | undefined
  /** The step's environment, for the script. */
  environment: NodeJS.ProcessEnv
}

export interface WarmUpRequest {
  /** As the user wrote it. */
  text: string
  request: HttpRequest
  times: number
  concurrency: number
  /** Nobody asked for it: that it fails is no failure. */
  standard?: boolean
}

export interface WarmUpReport {
  sent: number
  failed: number
}

/** Without a warm-up of the user's own one request is better than none: the one that told that it is ready, or a guess. */
export function standardWarmUp({ url, health = '/' }: Readiness, port: number): WarmUpRequest {
  const request = url ?? { method: 'GET', target: health, headers: { host: `localhost:${port}` } }
  const line = { text: `GET ${request.target}`, request, times: 1, concurrency: 1 }
  return url ? line : { ...line, standard: true }
}

/** Warms the application up, within its time; one that ends meanwhile is a Failure. */
export async function warmUp(
  world: World,
  application: Application,
  address: Address,
  request: { warmUp: WarmUp; warmupTimeout: Milliseconds; evidence: string }
): Promise<WarmUpReport> {
  const { clock, log, keep } = world
  const { lines, script, environment } = request.warmUp
  const stop = new AbortController()
  async function work(): Promise<WarmUpReport> {
    const report = await sendRequests(lines, address, log, stop.signal)
    const surroundings = { address, container: application.name, log, keep, signal: stop.signal, environment }
    if (script) await runScript(script, surroundings)
    return report
  }
  const running = work()
  // When the application has ended, so do its answers: the end tells more.
  const failed = running.catch(async (error: unknown) => {
    const ended = await within(application.ended, SETTLING_TIME, clock)
    if (ended === EXPIRED) throw error
    return ended
  })
  const first = Promise.race([failed, application.ended])
  const outcome = await within(first, request.warmupTimeout, clock).finally(() => stop.abort())
  if (outcome !== EXPIRED && 'exitCode' in outcome) {
    await application.drained()
    throw endedEarly(outcome, application, 'during the warm-up')
  }
  if (outcome !== EXPIRED) return outcome
  running.catch(() => undefined)
  // Taken before the threads, which are printed too.
  const output = application.output.text()
  const threads = tellingThreads(await dumpThreads(world, application, request.evidence))
  throw new Failure('application', `The warm-up was not done within ${seconds(request.warmupTimeout)}.`, {
    fix: 'Send fewer requests in `warmup`, or raise `warmup-timeout`; if a request hangs, the threads below say where.',
    evidence: [output, threads].filter((part) => part !== '').join('\n')
  })
}

/** An application that a request has ended is told by its end, which comes a little after the broken connection. */
const SETTLING_TIME: Milliseconds = 500

/** Sends every request. A line of which none was answered well is a Failure; some that were not are a warning. */
export async function sendRequests(
  lines: readonly WarmUpRequest[],
  address: Address,
  log: Log,
  signal: AbortSignal
): Promise<WarmUpReport> {
  const report = { sent: 0, failed: 0 }
  for (const line of lines) {
    const answers = await sendLine(line, address, signal)
    if (signal.aborted) break
    const bad = [...answers].filter(([, { ok }]) => !ok)
    const failed = bad.reduce((sum, [, { count }]) => sum + count, 0)
    report.sent += line.times
    report.failed += failed
    const histogram = [...answers].map(([description, { count }]) => `${description}: ${count}`).join(', ')
    log.info(`${line.text} (${histogram})`)
    if (failed === 0) continue
    if (line.standard) {
      log.info(`That request was only a guess; name real ones in \`warmup\`, and the snapshot starts faster.`)
    } else if (failed === line.times) {
      throw new Failure(
        'application',
        `The warm-up \`${line.text}\` was never answered well: ${histogram}.`,
        {
          fix: 'Mend the line in `warmup` (path, method, body, `-> STATUS`), or the application where it answers wrongly.'
        }
      )
    } else {
      log.warning(`${failed} of ${line.times} requests of the warm-up \`${line.text}\` failed: ${histogram}.`)
    }
  }
  return report
}

type Answers = Map<string, { ok: boolean; count: number }>

async function sendLine(line: WarmUpRequest, address: Address, signal: AbortSignal): Promise<Answers> {
  const answers: Answers = new Map()
  let left = line.times
  async function worker(): Promise<void> {
    while (left > 0 && !signal.aborted) {
      left--
      const { ok, description } = await send(address, line.request)
      const entry = answers.get(description) ?? { ok, count: 0 }
      entry.count++
      answers.set(description, entry)
    }
  }
  await Promise.all(Array.from({ length: Math.min(line.concurrency, line.times) }, worker))
  return answers
}
