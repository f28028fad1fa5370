import type { FailureCategory, KnownFailure } from '../lib/errors.js'

/** The operation that failed. */
export type Operation = 'dump' | 'restore' | 'push'

/** Source of a line; `app` is the output of a container, which also has lines of the JVM and of CRIU. */
export type Stream = 'criu' | 'jvm' | 'app' | 'docker' | 'registry'

/**
 * How much a line explains: `specific` names the library, `cause` the cause, `general` only its kind, `pointer` only that
 * something else failed, and `noise` is harmless.
 */
export type Weight = 'specific' | 'cause' | 'general' | 'pointer' | 'noise'

/** A known failure: how to recognise it, its cause and its fix. */
export interface Signature extends KnownFailure {
  operations: readonly Operation[]
  stream: Stream
  pattern: RegExp
  category: FailureCategory
  /** Sentence for the user; `$1` and so on are groups of the pattern. */
  cause: string
  fix: string
  weight: Weight
}

/** A row of the catalogue, without what is the same for all rows of its file. */
type Row = Omit<Signature, keyof Defaults> & Partial<Defaults>
type Defaults = Pick<Signature, 'operations' | 'stream' | 'weight'>

/** Returns the signatures of a file of the catalogue. A row without a weight names the cause. */
export function signatures(
  defaults: Omit<Defaults, 'weight'> & Partial<Defaults>,
  rows: readonly Row[]
): Signature[] {
  return rows.map((row) => ({ weight: 'cause', ...defaults, ...row }))
}
