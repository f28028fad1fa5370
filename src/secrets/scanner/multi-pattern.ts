/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * At any offset, a pattern of at least 7 bytes contains one aligned word completely. So each pattern has one word for each of the
 * four alignments; a pass looks up every word in a small table, and compares bytes only where the table has an entry. For a shorter
 * pattern, an aligned pair of bytes is looked up. Words are little-endian, as on every machine for which a JDK with CRaC exists.
 */

/** Minimum size of a pattern in bytes: 3 bytes contain an aligned pair at any offset. */
const SHORTEST = 3
/** Minimum size in bytes of a pattern that is found by its words. */
const SHORTEST_WITH_WORD = 7

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

/** A pair or word of a pattern, by which the pattern is found. */
interface Anchor {
  bytes: Uint8Array
  pattern: number
  at: number
}

interface Table {
  /** Has a 1 for each pair of bytes that is an anchor. */
  pairs: Uint8Array
  pairAnchors: (Anchor[] | undefined)[]
  /** Has a 1 for the hash of each word that is an anchor. */
  words: Uint8Array
  wordAnchors: (Anchor[] | undefined)[]
  /** Number of bits by which a hash is shifted to the right. */
  shift: number
}

/** 2^32 divided by the golden ratio, made odd: the multiplier of the hash. */
const HASH = 0x9e3779b1 | 0

function createTable(patterns: readonly Uint8Array[]): Table {
  // At least 16 slots for each of the four words of a pattern: few words of other data then have the hash of an anchor.
  const bits = Math.min(22, Math.max(16, Math.ceil(Math.log2(patterns.length * 4 * 16))))
  const table: Table = {
    pairs: new Uint8Array(1 << 16),
    pairAnchors: new Array<Anchor[] | undefined>(1 << 16).fill(undefined),
    words: new Uint8Array(1 << bits),
    wordAnchors: new Array<Anchor[] | undefined>(1 << bits).fill(undefined),
    shift: 32 - bits
  }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern has fewer than ${SHORTEST} bytes`)
    const size = bytes.length < SHORTEST_WITH_WORD ? 2 : 4
    for (let lead = 0; lead < size; lead++)
      enter(table, { bytes, pattern, at: rarest(bytes, lead, size) }, size)
  })
  return table
}

function enter(table: Table, anchor: Anchor, size: 2 | 4): void {
  const view = new DataView(anchor.bytes.buffer, anchor.bytes.byteOffset)
  const slot =
    size === 2
      ? view.getUint16(anchor.at, true)
      : Math.imul(view.getInt32(anchor.at, true), HASH) >>> table.shift
  const [marks, anchors] = size === 2 ? [table.pairs, table.pairAnchors] : [table.words, table.wordAnchors]
  marks[slot] = 1
  anchors[slot] = [...(anchors[slot] ?? []), anchor]
}

/** Returns which of the offsets `lead`, `lead` + size, ... has the bytes that are rarest in other data. */
function rarest(bytes: Uint8Array, lead: number, size: number): number {
  let best = lead
  let least = Infinity
  for (let at = lead; at + size <= bytes.length; at += size) {
    const commonness = bytes.subarray(at, at + size).reduce((sum, byte) => sum + commonnessOf(byte), 0)
    if (commonness < least) [best, least] = [at, commonness]
  }
  return best
}

/** Returns a guess of how common a byte is in the memory of a JVM: it affects the speed only. */
function commonnessOf(byte: number): number {
  const character = String.fromCharCode(byte)
  if (byte === 0) return 6
  if (/[ etaoinsr]/.test(character)) return 5
  if (/[a-z/.:=_-]/.test(character)) return 4
  if (/[A-Z]/.test(character)) return 3
  return 2
}

/** Checks four words at a time, twice as fast as one, and skips blocks of zeros, which are frequent in memory. */
function scanWords(bytes: Uint8Array, table: Table, onMatch: OnMatch): void {
  const values = wordsOf(bytes)
  const { pairs, words, shift } = table
  const skipsZeros = words[0] === 0 && pairs[0] === 0
  const blocksEnd = values.length - (values.length % 4)
  for (let index = 0; index < blocksEnd; index += 4) {
    const first = values[index] as number
    const second = values[index + 1] as number
    const third = values[index + 2] as number
    const fourth = values[index + 3] as number
    if (skipsZeros && (first | second | third | fourth) === 0) continue
    const hits =
      (words[Math.imul(first, HASH) >>> shift] as number) |
      (words[Math.imul(second, HASH) >>> shift] as number) |
      (words[Math.imul(third, HASH) >>> shift] as number) |
      (words[Math.imul(fourth, HASH) >>> shift] as number) |
      (pairs[first & 0xffff] as number) |
      (pairs[first >>> 16] as number) |
      (pairs[second & 0xffff] as number) |
      (pairs[second >>> 16] as number) |
      (pairs[third & 0xffff] as number) |
      (pairs[third >>> 16] as number) |
      (pairs[fourth & 0xffff] as number) |
      (pairs[fourth >>> 16] as number)
    if (hits !== 0)
      for (let at = index; at < index + 4; at++) lookUp(bytes, values[at] as number, at * 4, table, onMatch)
  }
  for (let at = blocksEnd; at < values.length; at++)
    lookUp(bytes, values[at] as number, at * 4, table, onMatch)
}

function lookUp(bytes: Uint8Array, value: number, at: number, table: Table, onMatch: OnMatch): void {
  const { words, pairs, wordAnchors, pairAnchors } = table
  const hash = Math.imul(value, HASH) >>> table.shift
  if (words[hash] !== 0) compare(bytes, wordAnchors[hash], at, onMatch)
  if (pairs[value & 0xffff] !== 0) compare(bytes, pairAnchors[value & 0xffff], at, onMatch)
  if (pairs[value >>> 16] !== 0) compare(bytes, pairAnchors[value >>> 16], at + 2, onMatch)
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
