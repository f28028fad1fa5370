import { describe, expect, test } from '@jest/globals'
import { figuresAnnotation, parseFiguresAnnotation } from '../../src/proof/figures-annotation.js'
import { figuresOf } from '../../src/proof/figures.js'
import { aStart } from '../support/result.js'

describe('the annotation with the figures', () => {
  const figures = figuresOf([aStart(90, 50), aStart(100, 60)], [aStart(300, 150), aStart(320, 170)])

  test('is compact JSON, and can be read back', () => {
    const text = figuresAnnotation(figures, 112_500_000)
    expect(JSON.parse(text)).toEqual({
      version: 1,
      runs: 2,
      restore: [90, 95, 100],
      cold: [300, 310, 320],
      speedup: 3.3,
      requests: { count: 100, restore: [50, 55, 60], cold: [150, 160, 170] },
      snapshot: 112_500_000
    })
    expect(parseFiguresAnnotation(text)).toEqual({
      runs: 2,
      restore: figures.answer.restore,
      coldStart: figures.answer.coldStart,
      speedup: 3.3,
      requests: figures.requests,
      snapshotSize: 112_500_000,
      archive: undefined
    })
  })

  test('has the starts with the archive, and its size', () => {
    const trained = figuresOf([aStart(90)], [aStart(300)], [aStart(150), aStart(170)])
    const text = figuresAnnotation(trained, 1, 25_000_000)
    expect(parseFiguresAnnotation(text)?.archive).toEqual({
      start: { minimum: 150, median: 160, maximum: 170 },
      size: 25_000_000
    })
    expect(parseFiguresAnnotation(text.replace('25000000', '"x"'))).toMatchObject({ archive: undefined })
  })

  test.each([
    '',
    'null',
    '7',
    '{"version":1}',
    'x',
    figuresAnnotation(figures, 1).replace('"version":1', '"version":2'),
    figuresAnnotation(figures, 1).replace('95', '"<img>"'),
    figuresAnnotation(figures, 1).replace('3.3', '1e999'),
    figuresAnnotation(figures, 0)
  ])('of another make is none: %s', (text) => {
    expect(parseFiguresAnnotation(text)).toBeUndefined()
  })
})
