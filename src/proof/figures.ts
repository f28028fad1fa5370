import type { Milliseconds } from '../lib/values.js'

/** One start of the image, timed. */
export interface Start {
  /** From the start of the container to the first good answer; whole milliseconds, at least 1. */
  answer: Milliseconds
  /** How long the first requests after that took; undefined where not all of them were answered well. */
  requests: { count: number; duration: Milliseconds } | undefined
  /** How old the JVM was when the application was up, or how long restored, as its log tells; undefined where it does not. */
  jvm: Milliseconds | undefined
  /** How long CRIU restored, as its statistics tell; undefined for a cold start. */
  criu: Milliseconds | undefined
}

/** The same measurement several times. */
export interface Spread {
  minimum: Milliseconds
  median: Milliseconds
  maximum: Milliseconds
}

/** Restored, and started normally beside it. */
export interface Pair {
  restore: Spread
  coldStart: Spread
}

/** What was measured of an image: as many restores as cold starts, in the order in which they were made. */
export interface Figures {
  restores: Start[]
  coldStarts: Start[]
  /** From the start of a container to the first good answer. */
  answer: Pair
  /** The median of the cold starts divided by that of the restores, to one decimal. */
  speedup: number
  /** For `count` requests after the first good answer; undefined where not every start has them all. */
  requests: ({ count: number } & Pair) | undefined
}

export function figuresOf(restores: Start[], coldStarts: Start[]): Figures {
  const answer = {
    restore: spreadOf(restores.map((start) => start.answer)),
    coldStart: spreadOf(coldStarts.map((start) => start.answer))
  }
  return {
    restores,
    coldStarts,
    answer,
    speedup: Math.round((answer.coldStart.median / answer.restore.median) * 10) / 10,
    requests: requestsOf(restores, coldStarts)
  }
}

/** How long starts took. */
export function answersOf(starts: readonly Start[]): Spread {
  return spreadOf(starts.map(({ answer }) => answer))
}

/** Of at least one value. An even number of them has the mean of the two in the middle, rounded. */
export function spreadOf(values: readonly Milliseconds[]): Spread {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (index: number): Milliseconds => sorted[index] ?? NaN
  const middle = (sorted.length - 1) / 2
  return {
    minimum: at(0),
    median: Math.round((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
    maximum: at(sorted.length - 1)
  }
}

function requestsOf(restores: readonly Start[], coldStarts: readonly Start[]): Figures['requests'] {
  const count = restores[0]?.requests?.count
  const durations = (starts: readonly Start[]): Milliseconds[] =>
    starts.flatMap(({ requests }) => (requests?.count === count && requests ? [requests.duration] : []))
  const [restored, cold] = [durations(restores), durations(coldStarts)]
  if (count === undefined || restored.length < restores.length || cold.length < coldStarts.length)
    return undefined
  return { count, restore: spreadOf(restored), coldStart: spreadOf(cold) }
}
