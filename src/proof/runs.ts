import type { Start } from './figures.js'

/** How many restores, and as many cold starts, are timed. */
export interface Runs {
  least: number
  most: number
}

/** Nothing is timed: the image is restored once. */
export const NO_RUNS: Runs = { least: 0, most: 0 }

/** As few as show the ratio of restores and cold starts. One pair alone would not show how much it varies. */
export const AUTO_RUNS: Runs = { least: 2, most: 5 }

/** Maximum difference between the ratios of the pairs, as a part of the smallest: below it, one more pair would change little. */
const SMALL_DIFFERENCE = 0.25

/** Returns whether the pairs of a restore and the cold start after it all have nearly the same ratio. */
export function ratioIsKnown(
  restores: readonly Pick<Start, 'answer'>[],
  coldStarts: readonly Pick<Start, 'answer'>[]
): boolean {
  const ratios = restores.map(({ answer }, run) => (coldStarts[run]?.answer ?? NaN) / answer)
  const least = Math.min(...ratios)
  return Math.max(...ratios) - least < SMALL_DIFFERENCE * least
}
