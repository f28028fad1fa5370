import { describe, expect, test } from '@jest/globals'
import { createSearch } from '../../src/secrets/scanner/multi-pattern.js'
import { seeded } from '../support/seeded.js'

/** Returns every occurrence as `pattern@offset`, sorted. */
function occurrences(patterns: readonly Buffer[], bytes: Uint8Array): string[] {
  const all: string[] = []
  createSearch(patterns).run(bytes, (pattern, offset) => all.push(`${pattern}@${offset}`))
  return all.sort()
}

function naive(patterns: readonly Buffer[], bytes: Buffer): string[] {
  return patterns
    .flatMap((needle, pattern) => {
      const all: string[] = []
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1))
        all.push(`${pattern}@${at}`)
      return all
    })
    .sort()
}

describe('createSearch', () => {
  test('finds what a naive search finds, in 400 random texts', () => {
    const random = seeded(20260101)
    for (let round = 0; round < 400; round++) {
      // A small alphabet causes many occurrences, including overlapping ones and some at both ends.
      const letters = 1 + random.below(4)
      const text = random.bytes(random.below(300), letters)
      const patterns = Array.from({ length: 1 + random.below(30) }, () =>
        random.bytes(3 + random.below(14), letters)
      )
      const ends = text.length < 20 ? [] : [text.subarray(0, 9), text.subarray(-9), text.subarray(-4)]
      const offset = random.below(5)
      const moved = Buffer.concat([Buffer.alloc(offset), text]).subarray(offset)
      expect(occurrences([...patterns, ...ends], moved)).toEqual(naive([...patterns, ...ends], text))
    }
  })

  test.each([3, 4, 5, 6, 7, 8, 9, 30])('finds a pattern of %i bytes once at any offset', (length) => {
    const pattern = Buffer.from('correct-horse-battery-staple-and-more').subarray(0, length)
    for (let at = 0; at < 20; at++) {
      for (const behind of [0, 1, 2, 3, 9]) {
        const bytes = Buffer.concat([Buffer.alloc(at, 'x'), pattern, Buffer.alloc(behind, 'x')])
        expect(occurrences([pattern], bytes)).toEqual([`0@${at}`])
      }
    }
  })

  test('finds patterns that contain zeros, also among zeros', () => {
    const patterns = [Buffer.alloc(8), Buffer.alloc(3), Buffer.from('\0\0\0\0\0\0\0secret\0\0\0\0\0')]
    const bytes = Buffer.concat([Buffer.alloc(41), Buffer.from('secret'), Buffer.alloc(33)])
    expect(occurrences(patterns, bytes)).toEqual(naive(patterns, bytes))
  })

  test('finds a short pattern that begins in a block of zeros and ends behind it', () => {
    const pattern = Buffer.from([0, 0, 7])
    for (let zeros = 2; zeros < 50; zeros++) {
      const bytes = Buffer.concat([Buffer.alloc(zeros), Buffer.from([7, 9, 9, 9, 9, 9])])
      expect(occurrences([pattern], bytes)).toEqual([`0@${zeros - 2}`])
    }
  })

  test('does not read beyond the end of the bytes', () => {
    const memory = Buffer.from('....secret-value')
    expect(occurrences([Buffer.from('secret-value')], memory.subarray(0, -1))).toEqual([])
    expect(occurrences([Buffer.from('cret-value')], memory.subarray(7))).toEqual([])
  })

  test('finds nothing without patterns, and refuses a pattern of two bytes', () => {
    expect(occurrences([], Buffer.from('text'))).toEqual([])
    expect(() => createSearch([Buffer.from('ab')])).toThrow(RangeError)
  })

  test('has the size of the longest pattern', () => {
    expect(createSearch([Buffer.from('abcd'), Buffer.from('abcdefgh'), Buffer.from('abc')]).longest).toBe(8)
  })
})
