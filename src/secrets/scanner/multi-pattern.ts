import {
  createTable,
  HASH,
  SHIFT,
  slotOfTriple,
  slotOfWord,
  TRIPLE_HASH,
  type Anchor,
  type Index,
  type Table
} from './pattern-table.js'

/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * At any offset, a pattern of at least 7 bytes contains one aligned word completely. So each pattern has one word for each of the
 * four alignments; a pass looks up every word in a small table, and compares bytes only where the table has an entry. For a shorter
 * pattern, three bytes at an even offset are looked up. Words are little-endian, as on every machine for which a JDK with CRaC
 * exists.
 */

/** Receives each occurrence: the index of the pattern, and the offset in bytes. */
export type OnMatch = (pattern: number, offset: number) => void

export interface PatternSearch {
  /** Size of the longest pattern in bytes. */
  longest: number
  /** Finds every occurrence once, including overlapping ones, in any order. */
  run(bytes: Uint8Array, onMatch: OnMatch): void
}

export function createSearch(patterns: readonly Uint8Array[]): PatternSearch {
  const table = createTable(patterns)
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
  const words = table.words.marks
  const triples = table.triples.marks
  const ofWords = table.words.anchors
  const ofTriples = table.triples.anchors
  const skipsZeros = words[0] === 0 && triples[0] === 0
  const blocksEnd = Math.max(0, values.length - 1 - ((values.length - 1) % 4))
  for (let index = 0; index < blocksEnd; index += 4) {
    const first = values[index] as number
    const second = values[index + 1] as number
    const third = values[index + 2] as number
    const fourth = values[index + 3] as number
    const fifth = values[index + 4] as number
    // The triple at the end has a byte of the next block.
    if (skipsZeros && (first | second | third | fourth) === 0 && (fifth & 0xff) === 0) continue
    const word1 = Math.imul(first, HASH) >>> SHIFT
    const word2 = Math.imul(second, HASH) >>> SHIFT
    const word3 = Math.imul(third, HASH) >>> SHIFT
    const word4 = Math.imul(fourth, HASH) >>> SHIFT
    const even1 = Math.imul(first, TRIPLE_HASH) >>> SHIFT
    const odd1 = Math.imul((first >>> 16) | (second << 16), TRIPLE_HASH) >>> SHIFT
    const even2 = Math.imul(second, TRIPLE_HASH) >>> SHIFT
    const odd2 = Math.imul((second >>> 16) | (third << 16), TRIPLE_HASH) >>> SHIFT
    const even3 = Math.imul(third, TRIPLE_HASH) >>> SHIFT
    const odd3 = Math.imul((third >>> 16) | (fourth << 16), TRIPLE_HASH) >>> SHIFT
    const even4 = Math.imul(fourth, TRIPLE_HASH) >>> SHIFT
    const odd4 = Math.imul((fourth >>> 16) | (fifth << 16), TRIPLE_HASH) >>> SHIFT
    const hits =
      (words[word1] as number) |
      (words[word2] as number) |
      (words[word3] as number) |
      (words[word4] as number) |
      (triples[even1] as number) |
      (triples[odd1] as number) |
      (triples[even2] as number) |
      (triples[odd2] as number) |
      (triples[even3] as number) |
      (triples[odd3] as number) |
      (triples[even4] as number) |
      (triples[odd4] as number)
    if (hits === 0) continue
    const at = index * 4
    if (words[word1] !== 0) compare(bytes, ofWords[word1], at, onMatch)
    if (triples[even1] !== 0) compare(bytes, ofTriples[even1], at, onMatch)
    if (triples[odd1] !== 0) compare(bytes, ofTriples[odd1], at + 2, onMatch)
    if (words[word2] !== 0) compare(bytes, ofWords[word2], at + 4, onMatch)
    if (triples[even2] !== 0) compare(bytes, ofTriples[even2], at + 4, onMatch)
    if (triples[odd2] !== 0) compare(bytes, ofTriples[odd2], at + 6, onMatch)
    if (words[word3] !== 0) compare(bytes, ofWords[word3], at + 8, onMatch)
    if (triples[even3] !== 0) compare(bytes, ofTriples[even3], at + 8, onMatch)
    if (triples[odd3] !== 0) compare(bytes, ofTriples[odd3], at + 10, onMatch)
    if (words[word4] !== 0) compare(bytes, ofWords[word4], at + 12, onMatch)
    if (triples[even4] !== 0) compare(bytes, ofTriples[even4], at + 12, onMatch)
    if (triples[odd4] !== 0) compare(bytes, ofTriples[odd4], at + 14, onMatch)
  }
  for (let at = blocksEnd; at < values.length; at++) lookUp(bytes, values, at, table, onMatch)
}

function lookUp(
  bytes: Uint8Array,
  values: Int32Array,
  index: number,
  { words, triples }: Table,
  onMatch: OnMatch
): void {
  const value = values[index] as number
  const next = index + 1 < values.length ? (values[index + 1] as number) : 0
  const at = index * 4
  check(bytes, words, slotOfWord(value), at, onMatch)
  check(bytes, triples, slotOfTriple(value & 0xffff, (value >>> 16) & 0xff), at, onMatch)
  check(bytes, triples, slotOfTriple(value >>> 16, next & 0xff), at + 2, onMatch)
}

function check(
  bytes: Uint8Array,
  { marks, anchors }: Index,
  slot: number,
  at: number,
  onMatch: OnMatch
): void {
  if (marks[slot] !== 0) compare(bytes, anchors[slot], at, onMatch)
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
