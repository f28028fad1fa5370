import { CheckpointRefused } from '../diagnosis/checkpoint-exception.js'
import { describeFailure, type UnsupportedRunner } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import type { Inputs } from './inputs.js'

/** Beginnings of the sentence that says why there is not a snapshot. */
export const UNSUPPORTED = 'This runner does not support snapshots'
export const REFUSED = 'The image has no snapshot, because the checkpoint was refused'

/** What to do without a snapshot. */
export interface WithoutSnapshot {
  choice: 'skip' | 'cold' | 'archive'
  /** Whether the application or its JVM refused the checkpoint. */
  refused: boolean
}

/** Returns what `on-unsupported-runner` or `on-checkpoint-failure` says, after a warning; throws the Failure where that is `fail`. */
export function choiceWithoutSnapshot(
  inputs: Pick<Inputs, 'onUnsupportedRunner' | 'onCheckpointFailure'>,
  why: UnsupportedRunner | CheckpointRefused,
  log: Pick<Log, 'warning'>
): WithoutSnapshot {
  const refused = why instanceof CheckpointRefused
  const choice = refused ? inputs.onCheckpointFailure : inputs.onUnsupportedRunner
  if (choice === 'fail') throw why
  log.warning(`${refused ? REFUSED : UNSUPPORTED}: ${describeFailure(why)}`)
  return { choice, refused }
}
