import { expect, test } from '@jest/globals'
import { ratioIsKnown } from '../../src/proof/runs.js'

test.each([
  ['equal pairs', [100, 100], [400, 400], true],
  ['pairs that were both slow or both fast', [100, 300], [400, 1300], true],
  ['ratios that differ by less than a quarter', [100, 100, 100], [400, 490, 450], true],
  ['ratios that differ by a quarter', [100, 100], [400, 500], false],
  ['one restore that was slow', [100, 200, 100], [400, 400, 410], false]
])('the ratio of %s is known: %j, %j: %s', (_what, restores, coldStarts, known) => {
  const starts = (times: number[]) => times.map((answer) => ({ answer }))
  expect(ratioIsKnown(starts(restores), starts(coldStarts))).toBe(known)
})
