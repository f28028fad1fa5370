import type { Progress } from '../lab/progress.js'
import type { World } from '../lab/world.js'

/** What a measurement has around it. */
export interface Bench {
  world: World
  progress: Progress
  /** An existing folder that is gone after the bench. */
  folder: string
  /** For names in the engine and in the registry; no other run has it. */
  id: string
  /** How often; the measurement's own number where the command line names none. */
  rounds: (own: number) => number
  /** Sizes of the heap for the growth, in MB. */
  heaps: number[]
}

export interface Measurement {
  title: string
  /** Exactly what each side does, and under which conditions. */
  conditions: string[]
  run: (bench: Bench) => Promise<Finding>
}

export interface Finding {
  rows: Row[]
  targets: Target[]
  /** What has to be known to read the figures. */
  notes?: string[]
}

export interface Row {
  name: string
  unit: 'ms' | 'bytes'
  /** One for each round. */
  values: number[]
}

/** What the project promises of itself: a ratio of two medians, and its limit. */
export interface Target {
  claim: string
  ratio: number
  limit: number
  /** Reason why the limit is exceeded, as far as the figures show it. */
  why?: string
}

export function holds({ ratio, limit }: Target): boolean {
  return ratio <= limit
}
