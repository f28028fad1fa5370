import type { FailureCategory, KnownFailure } from '../lib/errors.js'

/** What was being done. */
export type Operation = 'dump' | 'restore' | 'push'

/** Who said it: `app` is the mixed output of a container, in which the JVM and CRIU speak too. */
export type Stream = 'criu' | 'jvm' | 'app' | 'docker' | 'registry'

/**
 * How much a line tells: `specific` names the library, `cause` the cause, `general` only its kind, a `pointer` says that
 * something else failed, and `noise` is harmless.
 */
export type Weight = 'specific' | 'cause' | 'general' | 'pointer' | 'noise'

/** A failure that is known: how to recognise it, and what to say about it. */
export interface Signature extends KnownFailure {
  operations: readonly Operation[]
  stream: Stream
  pattern: RegExp
  category: FailureCategory
  /** One sentence; `$1` and so on are groups of the pattern. */
  cause: string
  fix: string
  weight: Weight
}
