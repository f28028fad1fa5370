import { expect, test } from '@jest/globals'
import { byTurns, median } from '../../bench/rounds.js'

test('the sides take turns, and another one begins in each round', async () => {
  const order: string[] = []
  const side = (name: string) => () => {
    order.push(name)
    return Promise.resolve(order.length)
  }
  const results = await byTurns(2, { one: side('one'), other: side('other') })
  expect(order).toEqual(['one', 'other', 'other', 'one'])
  expect(results).toEqual({ one: [1, 4], other: [2, 3] })
})

test('a round that fills the caches is not counted', async () => {
  let calls = 0
  const results = await byTurns(1, { one: () => Promise.resolve(++calls) }, { warmUp: true })
  expect(results).toEqual({ one: [2] })
})

test('the median of an even number of values is between the middle two', () => {
  expect(median([4, 1, 100])).toBe(4)
  expect(median([1, 100, 3, 2])).toBe(2.5)
})
