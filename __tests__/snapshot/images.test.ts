import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readPagemap } from '../../src/snapshot/pagemap.js'
import { readDumpStatistics, readRestoreTime } from '../../src/snapshot/statistics.js'
import { ImageFormatError } from '../../src/snapshot/image-format.js'
import { criuImage, PAGEMAP, protobuf, STATS } from '../support/criu.js'
import { ROOT } from '../support/inputs.js'

describe('readPagemap', () => {
  test('counts the pages of an image that CRIU 4.1.1 wrote', () => {
    // Its pages-1.img had 116,187,136 bytes.
    const image = readFileSync(path.join(ROOT, '__tests__/fixtures/snapshot/images/pagemap-137.img'))
    const { pagesId, size } = readPagemap(image)
    expect({ pagesId, size }).toEqual({ pagesId: 1, size: 116_187_136 })
  })

  test('counts only pages that are in this image', () => {
    const image = criuImage(
      PAGEMAP,
      { 1: 7 },
      { 1: 0x1000, 2: 3, 4: 4 }, // present
      { 1: 0x9000, 2: 5, 4: 1 }, // in the parent
      { 1: 0xf000, 2: 2, 3: 0 }, // old form: no flags
      { 1: 0xffff000, 2: 0, 4: 4, 5: 300 } // form of 2025: field 5
    )
    expect(readPagemap(image)).toEqual({
      pagesId: 7,
      size: (3 + 2 + 300) * 4096,
      runs: [
        { start: 0x1000, end: 0x4000 },
        { start: 0xf000, end: 0x11000 },
        { start: 0xffff000, end: 0xffff000 + 300 * 4096 }
      ]
    })
  })

  test.each([
    ['empty', Buffer.alloc(0)],
    ['another kind', criuImage(STATS, { 1: 7 })],
    ['cut', criuImage(PAGEMAP, { 1: 7 }, { 1: 0x1000, 2: 3, 4: 4 }).subarray(0, -1)],
    ['without a head', criuImage(PAGEMAP)]
  ])('refuses an image that is %s', (_, image) => {
    expect(() => readPagemap(image)).toThrow(ImageFormatError)
  })
})

test('readDumpStatistics returns times in microseconds and numbers of pages', () => {
  const dump = protobuf({ 1: 100, 2: 200_000, 3: 5, 4: 6, 5: 30_000, 6: 0, 7: 27_000 })
  expect(readDumpStatistics(criuImage(STATS, { 1: dump }))).toEqual({
    freezingTime: 100,
    frozenTime: 200_000,
    memdumpTime: 5,
    memwriteTime: 6,
    pagesScanned: 30_000,
    pagesWritten: 27_000
  })
  expect(() => readDumpStatistics(criuImage(STATS, { 2: protobuf({ 1: 1 }) }))).toThrow(ImageFormatError)
})

test('readRestoreTime returns milliseconds from a file that CRIU 4.1.1 wrote', () => {
  const image = Buffer.from('QFkQVQYzCVcQAAAAEg4IABAAGAEgt4wIKOveAQ==', 'base64')
  expect(readRestoreTime(image)).toBe(132.663)
  expect(() => readRestoreTime(criuImage(STATS, { 1: protobuf({ 4: 1 }) }))).toThrow(ImageFormatError)
})
