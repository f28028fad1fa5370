import { Headers, Response, type RequestInit } from 'undici'
import type { Clock } from '../lib/clock.js'
import type { Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { InsecureRedirect, oneTry, type Answering } from './one-try.js'

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** How patient the network layer is. */
export interface Patience {
  /** For one try: until the headers are there, and then between two pieces of the body. */
  tryTimeout: Milliseconds
  /** Before the second try; doubled before each further one. */
  firstPause: Milliseconds
  /** The longest pause that a server may ask for (`retry-after`, `x-ratelimit-reset`). */
  longestPause: Milliseconds
}

export const PATIENCE: Patience = { tryTimeout: 30_000, firstPause: 1000, longestPause: 60_000 }

/** PATIENCE, or a share of it: a test need not wait as long as a user. `CRAC_CHECKPOINT_PATIENCE=0.01` is a hundredth. */
export function patienceOf(environment: NodeJS.ProcessEnv): Patience {
  const share = Number(environment['CRAC_CHECKPOINT_PATIENCE'] || 1)
  const scaled = (duration: Milliseconds): Milliseconds => duration * (share > 0 ? share : 1)
  return {
    tryTimeout: scaled(PATIENCE.tryTimeout),
    firstPause: scaled(PATIENCE.firstPause),
    longestPause: PATIENCE.longestPause
  }
}

const TRIES = 4
const PASSING = new Set([429, 500, 502, 503, 504, 522])

export interface NetworkWorld {
  clock: Clock
  patience: Patience
  info: (line: string) => void
  /** Ends what is under way: it rejects with the signal's reason. */
  cancelled: AbortSignal
}

/**
 * A fetch for the look-up of JDKs. Proxies (`https_proxy`, `no_proxy`) are honoured; what can pass (5xx, 429, resets,
 * a rate limit that ends soon) is tried again; a token that is refused is left out; Authorization never goes to
 * another origin, and https never to http. Gives the last answer, whatever its status; no answer is a Failure.
 */
export function resilientFetch(world: NetworkWorld, answering: Answering): Fetch {
  const { patience } = world
  return async (url, init = {}) => {
    const headers = new Headers(init.headers)
    for (let tries = 1; ; tries++) {
      const { cancelled } = world
      const outcome = await oneTry(
        url,
        { ...init, headers, signal: cancelled },
        patience.tryTimeout,
        answering
      )
      cancelled.throwIfAborted()
      if (outcome instanceof Response && outcome.status === 401 && headers.has('authorization')) {
        world.info(`${new URL(url).host} refuses the token; trying without it.`)
        headers.delete('authorization')
        continue
      }
      const pause =
        outcome instanceof Response ? askedPause(outcome, tries, patience) : backOff(tries, patience)
      const final = pause === undefined || tries === TRIES
      if (final && outcome instanceof Response) return outcome
      if (final || outcome instanceof InsecureRedirect) throw outcome as Failure

      const why =
        outcome instanceof Response ? `${new URL(url).host} answers ${outcome.status}` : outcome.message
      world.info(`${why}; trying again in ${Math.ceil(pause / 1000)} s.`)
      if (outcome instanceof Response) await outcome.body?.cancel()
      await world.clock.sleep(pause, cancelled)
    }
  }
}

/** How long to wait before the next try; undefined where another try would give the same. */
function askedPause(response: Response, tries: number, patience: Patience): Milliseconds | undefined {
  const limited = isRateLimited(response)
  if (!limited && !PASSING.has(response.status)) return undefined
  const end = limitEnd(response)
  if (end === undefined) return limited && response.status === 403 ? undefined : backOff(tries, patience)
  const pause = end.getTime() - Date.now()
  return pause <= patience.longestPause ? Math.max(0, pause) : undefined
}

// The jitter keeps jobs that failed together from coming back together.
function backOff(tries: number, patience: Patience): Milliseconds {
  return patience.firstPause * 2 ** (tries - 1) * (1 + Math.random() / 4)
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function isRateLimited(response: Response): boolean {
  const { status, headers } = response
  return (
    status === 429 ||
    (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')))
  )
}

/** When the server says that it will answer again; undefined where it does not, or says nonsense. */
export function limitEnd(response: Response): Date | undefined {
  const { headers } = response
  const after = headers.get('retry-after')
  const used = headers.get('x-ratelimit-remaining') === '0'
  let end = NaN
  if (after !== null) end = /^\d+$/.test(after) ? Date.now() + Number(after) * 1000 : Date.parse(after)
  else if (used) end = Number(headers.get('x-ratelimit-reset') ?? NaN) * 1000
  const date = new Date(end)
  return Number.isNaN(date.getTime()) ? undefined : date
}
