import { describe, expect, test } from '@jest/globals'
import { figuresOf, spreadOf } from '../../src/proof/figures.js'
import { aStart } from '../support/result.js'

describe('spreadOf', () => {
  test.each([
    [[7], [7, 7, 7]],
    [
      [10, 9, 100],
      [9, 10, 100]
    ],
    [
      [4, 1, 3, 100],
      [1, 4, 100]
    ]
  ])('of %j', (values, [minimum, median, maximum]) => {
    expect(spreadOf(values)).toEqual({ minimum, median, maximum })
  })
})

describe('figuresOf', () => {
  test('the speed-up is the ratio of the medians, whatever one run says', () => {
    const figures = figuresOf(
      [aStart(100), aStart(5000), aStart(90)],
      [aStart(340), aStart(350), aStart(9000)]
    )
    expect(figures.answer.restore.median).toBe(100)
    expect(figures.speedup).toBe(3.5)
  })

  test('requests count only where every start had as many of them', () => {
    const starts = [aStart(100, 50), aStart(100, 60)]
    expect(figuresOf(starts, [aStart(300, 150), aStart(300, 170)]).requests).toEqual({
      count: 100,
      restore: { minimum: 50, median: 55, maximum: 60 },
      coldStart: { minimum: 150, median: 160, maximum: 170 }
    })
    expect(figuresOf(starts, [aStart(300, 150), aStart(300)]).requests).toBeUndefined()
    const fewer = { ...aStart(300), requests: { count: 40, duration: 30_000 } }
    expect(figuresOf(starts, [aStart(300, 150), fewer]).requests).toBeUndefined()
  })
})
