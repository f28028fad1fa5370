import type { Milliseconds } from '../lib/values.js'

/** The measured times of one start of the image. */
export interface Start {
  /** Time from the start of the container to the first successful response; a whole number, at least 1. */
  answer: Milliseconds
  /** Time for the first requests after that; undefined where not all of them got a successful response. */
  requests: { count: number; duration: Milliseconds } | undefined
  /** Time since the start or the restore of the JVM when the application was up, from its log; undefined where the log lacks it. */
  jvm: Milliseconds | undefined
  /** Time that CRIU took for the restore, from its statistics; undefined for a cold start. */
  criu: Milliseconds | undefined
}

/** Minimum, median and maximum of repeated measurements. */
export interface Spread {
  minimum: Milliseconds
  median: Milliseconds
  maximum: Milliseconds
}

/** The times of restores, and of cold starts for comparison. */
export interface Pair {
  restore: Spread
  coldStart: Spread
}

/** The measurements of an image: as many restores as cold starts, in the order in which they were made. */
export interface Figures {
  restores: Start[]
  coldStarts: Start[]
  /** As many normal starts with the archive of classes; none where the image has no archive. */
  archiveStarts: Start[]
  /** Times from the start of a container with the archive to the first successful response; undefined without an archive. */
  archive: Spread | undefined
  /** Times from the start of a container to the first successful response. */
  answer: Pair
  /** Median of the cold starts divided by the median of the restores, to one decimal. */
  speedup: number
  /** Times for `count` requests after the first successful response; undefined where a start lacks some of them. */
  requests: ({ count: number } & Pair) | undefined
}

export function figuresOf(restores: Start[], coldStarts: Start[], archiveStarts: Start[] = []): Figures {
  const answer = {
    restore: spreadOf(restores.map((start) => start.answer)),
    coldStart: spreadOf(coldStarts.map((start) => start.answer))
  }
  return {
    restores,
    coldStarts,
    archiveStarts,
    archive: archiveStarts.length > 0 ? answersOf(archiveStarts) : undefined,
    answer,
    speedup: Math.round((answer.coldStart.median / answer.restore.median) * 10) / 10,
    requests: requestsOf(restores, coldStarts)
  }
}

/** Returns the spread of the times to the first successful response. */
export function answersOf(starts: readonly Start[]): Spread {
  return spreadOf(starts.map(({ answer }) => answer))
}

/** Returns the spread of at least one value. The median of an even number of values is the rounded mean of the middle two. */
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
