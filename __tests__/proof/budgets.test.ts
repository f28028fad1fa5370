import { describe, expect, test } from '@jest/globals'
import { describeFailure, type Failure } from '../../src/lib/errors.js'
import { requireSize, requireSpeed, type Budgets } from '../../src/proof/budgets.js'
import { figuresOf } from '../../src/proof/figures.js'
import { aStart } from '../support/result.js'

const NONE: Budgets = { maxRestoreTime: undefined, minSpeedup: undefined, maxSnapshotSize: undefined }

describe('budgets', () => {
  const figures = figuresOf([aStart(100)], [aStart(295)])

  test('accepts a value equal to its budget, and any value without one', () => {
    expect(() => requireSpeed({ ...NONE, maxRestoreTime: 100, minSpeedup: 3 }, figures)).not.toThrow()
    expect(() => requireSpeed(NONE, figures)).not.toThrow()
    expect(() => requireSize({ ...NONE, maxSnapshotSize: 10 }, 10)).not.toThrow()
    expect(() => requireSize(NONE, 1e12)).not.toThrow()
  })

  test('reports all exceeded budgets in one message, with the numbers and the fix', () => {
    const message = messageOf(() => requireSpeed({ ...NONE, maxRestoreTime: 99, minSpeedup: 3.1 }, figures))
    expect(message).toContain('a restore takes 100 ms')
    expect(message).toContain('`max-restore-time` allows 99 ms')
    expect(message).toContain(
      '3.0 times as fast as a cold start (100 ms against 295 ms), and `min-speedup` requires 3.1'
    )
    expect(message).toContain('Nothing was pushed.')
    expect(message).toContain('category: application')
    expect(messageOf(() => requireSize({ ...NONE, maxSnapshotSize: 200_000_000 }, 200_000_001))).toContain(
      'the snapshot has 200000001 bytes, and `max-snapshot-size` allows 200000000'
    )
  })

  function messageOf(work: () => void): string {
    try {
      work()
    } catch (error) {
      return describeFailure(error as Failure)
    }
    throw new Error('nothing was thrown')
  }
})
