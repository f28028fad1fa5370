import type { Headers } from 'undici'
import type { Clock } from '../lib/clock.js'
import { Failure, type FailureCategory, type FailureDetails } from '../lib/errors.js'
import { seconds, type Milliseconds } from '../lib/values.js'

export interface Patience {
  /** Maximum time of one try until the response is there, and then between two pieces of its body. */
  tryTimeout: Milliseconds
  /** Unit of the pauses before retries, which are 2, 4, 8 units and so on; also the minimum of a requested pause. */
  pauseUnit: Milliseconds
  /** Maximum time that a server may request to wait (`retry-after`, `x-ratelimit-reset`), in total. */
  longestTotalWait: Milliseconds
}

export const PATIENCE: Patience = { tryTimeout: 30_000, pauseUnit: 1000, longestTotalWait: 60_000 }

/** Returns PATIENCE, or a fraction of it for tests: with `CRAC_CHECKPOINT_PATIENCE=0.01` a hundredth. */
export function patienceOf(environment: NodeJS.ProcessEnv): Patience {
  const fraction = Number(environment['CRAC_CHECKPOINT_PATIENCE'] || 1)
  const scaled = (duration: Milliseconds): Milliseconds => duration * (fraction > 0 ? fraction : 1)
  return {
    tryTimeout: scaled(PATIENCE.tryTimeout),
    pauseUnit: scaled(PATIENCE.pauseUnit),
    longestTotalWait: PATIENCE.longestTotalWait
  }
}

/** What a transient error says about the next try. */
export interface Retry {
  after?: Milliseconds
  /** Maximum number of tries; undefined: that of the policy. */
  tries?: number
}

/** A request that failed: without a response, or with a status that means failure. */
export class HttpFailure extends Failure {
  constructor(
    category: FailureCategory,
    what: string,
    details: FailureDetails,
    /** Undefined where another try would fail in the same way. */
    readonly retry?: Retry | undefined,
    /** Status of the response; undefined without one. */
    readonly status?: number
  ) {
    super(category, what, details)
  }
}

export interface HttpContext {
  clock: Clock
  patience: Patience
  info: (line: string) => void
  /** Ends what is running: it rejects with the signal's reason. */
  cancelled?: AbortSignal | undefined
}

export interface RetryPolicy {
  /** Maximum number of tries where the server does not say when to retry. */
  tries: number
  /** Maximum time to wait in total where it does. */
  longestWait: Milliseconds
}

/** Runs `attempt` until it succeeds, or throws an error that is not an HttpFailure with a retry, or the policy ends. */
export async function withRetries<T>(
  { clock, patience, info, cancelled }: HttpContext,
  policy: RetryPolicy,
  attempt: () => Promise<T>
): Promise<T> {
  let waited: Milliseconds = 0
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof HttpFailure) || error.retry === undefined) throw error
      const { after, tries: most = policy.tries } = error.retry
      const pause =
        after === undefined ? patience.pauseUnit * 2 ** tries : Math.max(after, patience.pauseUnit)
      waited += pause
      if (after === undefined ? tries >= most : waited > policy.longestWait) throw error
      info(`${error.message} Retrying in ${seconds(Math.ceil(pause / 100) * 100)}.`)
      await clock.sleep(pause, cancelled)
    }
  }
}

interface Status {
  status: number
  headers: Headers
}

const TRANSIENT = new Set([408, 429, 500, 502, 503, 504, 522])

/** Returns what a response says about another try; undefined where it would give the same. */
export function retryOf(response: Status): Retry | undefined {
  const now = Date.now()
  const end = retryTime(response, now)
  if (!TRANSIENT.has(response.status) && (response.status !== 403 || end === undefined)) return undefined
  return end === undefined ? {} : { after: end.getTime() - now }
}

/** Returns whether a response reports a rate limit: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function isRateLimited({ status, headers }: Status): boolean {
  return (
    status === 429 ||
    (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')))
  )
}

/**
 * Returns when the server accepts another try, by `retry-after` (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after)
 * or `x-ratelimit-reset`; undefined where it does not say so in a valid form.
 */
export function retryTime({ headers }: Status, now = Date.now()): Date | undefined {
  const after = headers.get('retry-after')
  const reset = headers.get('x-ratelimit-remaining') === '0' ? headers.get('x-ratelimit-reset') : null
  let time = NaN
  if (after !== null) time = /^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after)
  else if (reset !== null) time = Number(reset) * 1000
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date
}
