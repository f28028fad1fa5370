import { EXPIRED, within } from '../lib/clock.js'
import type { Address } from '../docker/containers.js'
import { knownCause } from '../diagnosis/diagnose.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { standardRequest, type Readiness } from '../probe/readiness.js'
import { send, shownTarget, type HttpRequest } from '../probe/request.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import type { RunningApplication, CheckpointContext } from './started-application.js'
import { endedEarly } from './ready.js'
import { dumpThreads, relevantThreads } from './threads.js'
import { runScript } from './warm-up-script.js'

/** Requests and a script that run before the checkpoint, so that the code of the application is loaded and compiled. */
export interface WarmUp {
  lines: WarmUpRequest[]
  /** Program on this machine, as an absolute path. */
  script: string | undefined
  /** The step's environment, for the script. */
  environment: NodeJS.ProcessEnv
}

export interface WarmUpRequest {
  text: string
  request: HttpRequest
  times: number
  concurrency: number
  /** Set where the request is only a guess, whose failure is not reported as one. */
  standard?: boolean
}

export interface WarmUpReport {
  sent: number
  failed: number
}

/** The warm-up where the user gives none: one request, as one is better than none. */
export function standardWarmUp(readiness: Readiness, port: number): WarmUpRequest {
  const request = standardRequest(readiness, port)
  const line = { text: `GET ${shownTarget(request.target)}`, request, times: 1, concurrency: 1 }
  return request === readiness.url ? line : { ...line, standard: true }
}

/** Warms the application up. Throws a Failure if it ends meanwhile, or if the time is over. */
export async function warmUp(
  context: CheckpointContext,
  application: RunningApplication,
  request: { warmUp: WarmUp; warmupTimeout: Milliseconds; evidence: string }
): Promise<WarmUpReport> {
  const { clock, log, keep } = context
  const { lines, script, environment } = request.warmUp
  const { name: container, address, serves } = application
  const stop = new AbortController()
  async function work(): Promise<WarmUpReport> {
    const useful = serves === 'nothing' ? lines.filter(({ standard }) => !standard) : lines
    const report = await sendRequests(useful, address, log, stop.signal)
    const scriptContext = { address, container, log, keep, signal: stop.signal, environment }
    if (script) await runScript(script, scriptContext)
    return report
  }
  const running = work()
  // If the application has ended, its end explains the failed requests.
  const failed = running.catch(async (error: unknown) => {
    const ended = await within(application.ended, SETTLING_TIME, clock)
    if (ended === EXPIRED) throw explained(error, application)
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
  // Read before the thread dump, which goes to the same output.
  const output = application.output.text()
  const threads = relevantThreads(await dumpThreads(context, application, request.evidence))
  throw new Failure('application', `The warm-up did not finish within ${seconds(request.warmupTimeout)}.`, {
    fix: 'Send fewer requests in `warmup`, or raise `warmup-timeout`; if a request hangs, the threads below show where.',
    evidence: [output, threads].filter((part) => part !== '').join('\n')
  })
}

/** Adds a cause in the output of the application to the Failure of a request that never got a successful response. */
function explained(error: unknown, { diagnoser, output }: RunningApplication): unknown {
  const finding = knownCause(diagnoser.finding())
  if (!(error instanceof Failure) || error.category !== 'application' || finding === undefined) return error
  return new Failure(finding.category, `${error.message} ${finding.cause}`, {
    fix: finding.fix,
    evidence: output.text(),
    signature: finding.signature,
    cause: error
  })
}

/** Limit for the end of an application that a request has crashed: it follows the broken connection, on a busy machine seconds later. */
const SETTLING_TIME: Milliseconds = 5000

/** Sends all requests. A line without a successful response throws a Failure; one with some failed requests logs a warning. */
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
      log.info(
        'That request was only a guess. Give real ones in `warmup` for a faster start from the snapshot.'
      )
    } else if (failed === line.times) {
      throw new Failure(
        'application',
        `The warm-up \`${line.text}\` never got a successful response: ${histogram}.`,
        {
          fix: 'Fix the line in `warmup` (path, method, body, `-> STATUS`), or the response of the application.'
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
