import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from './values.js'

/** Time, as an argument. */
export interface Clock {
  /** Milliseconds that only ever grow; their zero means nothing. */
  now(): Milliseconds
  /** Rejects with the signal's reason when that comes first. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (duration, signal) => {
    await sleep(duration, undefined, signal && { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error
    })
  }
}

export const EXPIRED = Symbol('expired')

/** What the work gives, or EXPIRED when it takes longer. The work itself is not ended. */
export async function within<T>(
  work: Promise<T>,
  limit: Milliseconds,
  clock: Clock
): Promise<T | typeof EXPIRED> {
  const timer = new AbortController()
  try {
    return await Promise.race([work, clock.sleep(limit, timer.signal).then((): typeof EXPIRED => EXPIRED)])
  } finally {
    timer.abort()
  }
}
