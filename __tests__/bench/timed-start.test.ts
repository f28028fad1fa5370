import { expect, test } from '@jest/globals'
import { startRatio, startRows } from '../../bench/timed-start.js'

const followed = [
  { fromCall: 300, fromStart: 100, thousandth: 900 },
  { fromCall: 400, fromStart: 200, thousandth: 800 }
]
const other = [{ fromCall: 500, fromStart: 300, thousandth: NaN }]

test('a comparison of starts has a row for each time that was measured', () => {
  const rows = startRows({ one: followed, other }, (side) => side)
  expect(rows.map(({ name, values }) => [name, values])).toEqual([
    ['one, from `docker start` to the first response', [300, 400]],
    ['other, from `docker start` to the first response', [500]],
    ['one, from the start of the container to the first response', [100, 200]],
    ['other, from the start of the container to the first response', [300]],
    ['one, to the response to request 1000', [900, 800]]
  ])
})

test('the ratio of two sides is that of their medians', () => {
  expect(startRatio(followed, other)).toBe(0.5)
  expect(startRatio(followed, other, 'fromCall')).toBe(0.7)
})
