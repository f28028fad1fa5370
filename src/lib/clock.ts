import { setTimeout as sleep } from 'node:timers/promises'
import type { Milliseconds } from './values.js'

/** The source of time, which tests replace. */
export interface Clock {
  /** Returns a time that never goes back, from an arbitrary start. */
  now(): Milliseconds
  /** Rejects with the signal's reason if the signal comes first. */
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

/** Returns the result of the work, or EXPIRED after the limit. The work itself is not ended. */
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
