import { describe, expect, test } from '@jest/globals'
import { CheckpointRefused } from '../../src/diagnosis/checkpoint-exception.js'
import { choiceWithoutSnapshot } from '../../src/inputs/without-snapshot.js'
import { UnsupportedRunner } from '../../src/lib/errors.js'
import { quietLog } from '../support/quiet-log.js'

describe('without a snapshot', () => {
  const unsupported = new UnsupportedRunner('No CRIU works.', { fix: 'Use another runner.' })
  const refused = new CheckpointRefused('A socket is open.', { fix: 'Close it.', evidence: 'at Main.main' })

  test('each input decides about its own reason, and nothing about the other', () => {
    const log = quietLog()
    const fail = { onUnsupportedRunner: 'fail', onCheckpointFailure: 'archive' } as const
    expect(() => choiceWithoutSnapshot(fail, unsupported, log)).toThrow(unsupported)
    expect(choiceWithoutSnapshot(fail, refused, log)).toMatchObject({ choice: 'archive', refused: true })
    const skip = { onUnsupportedRunner: 'skip', onCheckpointFailure: 'fail' } as const
    expect(() => choiceWithoutSnapshot(skip, refused, log)).toThrow(refused)
    expect(choiceWithoutSnapshot(skip, unsupported, log)).toMatchObject({ choice: 'skip', refused: false })
  })

  test('the reason, its fix and its evidence are a warning', () => {
    const warnings: string[] = []
    const inputs = { onUnsupportedRunner: 'cold', onCheckpointFailure: 'archive' } as const
    for (const why of [unsupported, refused]) choiceWithoutSnapshot(inputs, why, quietLog([], warnings))
    expect(warnings).toEqual([
      'This runner does not support snapshots: No CRIU works.\nFix: Use another runner.\nOwner: runner administrator (category: runner)',
      'The image has no snapshot, because the checkpoint was refused: A socket is open.\nFix: Close it.\nOwner: application developers (category: application)\n\nat Main.main'
    ])
  })
})
