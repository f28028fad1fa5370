import {
  createTable,
  HASH,
  restOf,
  SEVERAL,
  SHIFT,
  type Anchor,
  type Follows,
  type Table
} from './pattern-table.js'

/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * A pattern of at least 4 bytes has three bytes at an even offset of the data, wherever it is. So each pattern has two times three
 * bytes in a small table, one for each alignment; a pass looks up all three bytes at even offsets, and compares the whole pattern only
 * where the table has an entry. Words are little-endian, as on every machine for which a JDK with CRaC exists.
 */

/** Receives each occurrence: the index of the pattern, and the offset in bytes. */
export type OnMatch = (pattern: number, offset: number) => void

export interface PatternSearch {
  /** Size of the longest pattern in bytes. */
  longest: number
  /** Finds every occurrence once, including overlapping ones, in any order. */
  run(bytes: Uint8Array, onMatch: OnMatch): void
}

/** Patterns of three bytes take less time the fewer bytes may follow them; an occurrence in front of another byte may be left out. */
export function createSearch(patterns: readonly Uint8Array[], follows: Follows = () => true): PatternSearch {
  const table = createTable(patterns, follows)
  return {
    longest: patterns.reduce((longest, { length }) => Math.max(longest, length), 0),
    run(bytes, onMatch) {
      if (patterns.length > 0) scanWords(bytes, table, onMatch)
    }
  }
}

/** Checks four words at a time, twice as fast as one, and skips blocks of zeros, which are frequent in memory. */
function scanWords(bytes: Uint8Array, table: Table, onMatch: OnMatch): void {
  const values = wordsOf(bytes)
  const { marks } = table
  const skipsZeros = marks[0] === 0
  const blocksEnd = Math.max(0, values.length - 1 - ((values.length - 1) % 4))
  for (let index = 0; index < blocksEnd; index += 4) {
    const first = values[index] as number
    const second = values[index + 1] as number
    const third = values[index + 2] as number
    const fourth = values[index + 3] as number
    const fifth = values[index + 4] as number
    // The last three bytes of a block include one of the next.
    if (skipsZeros && (first | second | third | fourth | (fifth & 0xff)) === 0) continue
    const even1 = Math.imul(first, HASH) >>> SHIFT
    const odd1 = Math.imul((first >>> 16) | (second << 16), HASH) >>> SHIFT
    const even2 = Math.imul(second, HASH) >>> SHIFT
    const odd2 = Math.imul((second >>> 16) | (third << 16), HASH) >>> SHIFT
    const even3 = Math.imul(third, HASH) >>> SHIFT
    const odd3 = Math.imul((third >>> 16) | (fourth << 16), HASH) >>> SHIFT
    const even4 = Math.imul(fourth, HASH) >>> SHIFT
    const odd4 = Math.imul((fourth >>> 16) | (fifth << 16), HASH) >>> SHIFT
    const hits =
      (marks[even1] as number) |
      (marks[odd1] as number) |
      (marks[even2] as number) |
      (marks[odd2] as number) |
      (marks[even3] as number) |
      (marks[odd3] as number) |
      (marks[even4] as number) |
      (marks[odd4] as number)
    if (hits === 0) continue
    const at = index * 4
    if (marks[even1] !== 0) lookUp(bytes, first, at, table, onMatch)
    if (marks[odd1] !== 0) lookUp(bytes, (first >>> 16) | (second << 16), at + 2, table, onMatch)
    if (marks[even2] !== 0) lookUp(bytes, second, at + 4, table, onMatch)
    if (marks[odd2] !== 0) lookUp(bytes, (second >>> 16) | (third << 16), at + 6, table, onMatch)
    if (marks[even3] !== 0) lookUp(bytes, third, at + 8, table, onMatch)
    if (marks[odd3] !== 0) lookUp(bytes, (third >>> 16) | (fourth << 16), at + 10, table, onMatch)
    if (marks[even4] !== 0) lookUp(bytes, fourth, at + 12, table, onMatch)
    if (marks[odd4] !== 0) lookUp(bytes, (fourth >>> 16) | (fifth << 16), at + 14, table, onMatch)
  }
  for (let index = blocksEnd; index < values.length; index++) {
    const value = values[index] as number
    const next = index + 1 < values.length ? (values[index + 1] as number) : 0
    lookUp(bytes, value, index * 4, table, onMatch)
    lookUp(bytes, (value >>> 16) | (next << 16), index * 4 + 2, table, onMatch)
  }
}

/** Compares the patterns that have the first three bytes of a word as anchor. */
function lookUp(
  bytes: Uint8Array,
  word: number,
  at: number,
  { marks, anchors }: Table,
  onMatch: OnMatch
): void {
  const product = Math.imul(word, HASH)
  const slot = product >>> SHIFT
  // Most bytes of a marked slot are not those of its anchors, which are slow to reach.
  if (marks[slot] === restOf(product) || marks[slot] === SEVERAL) compare(bytes, anchors[slot], at, onMatch)
}

/** Returns the bytes as words; the last one is padded with zeros. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const size = Math.ceil(bytes.length / 4)
  const isAligned = bytes.byteOffset % 4 === 0 && bytes.byteOffset + size * 4 <= bytes.buffer.byteLength
  // Bytes after the end in the same memory are harmless: patterns are compared up to the end only.
  if (isAligned) return new Int32Array(bytes.buffer, bytes.byteOffset, size)
  const copy = new Int32Array(size)
  new Uint8Array(copy.buffer).set(bytes)
  return copy
}

function compare(
  bytes: Uint8Array,
  anchors: readonly Anchor[] | undefined,
  at: number,
  onMatch: OnMatch
): void {
  if (anchors === undefined) return
  for (const anchor of anchors) {
    const offset = at - anchor.at
    if (isAt(bytes, anchor.bytes, offset)) onMatch(anchor.pattern, offset)
  }
}

function isAt(bytes: Uint8Array, pattern: Uint8Array, offset: number): boolean {
  if (offset < 0 || offset + pattern.length > bytes.length) return false
  for (let index = 0; index < pattern.length; index++) {
    if (bytes[offset + index] !== pattern[index]) return false
  }
  return true
}
