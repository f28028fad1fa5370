/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * At any offset, a pattern of at least 7 bytes contains one aligned word completely. So each pattern has one word for each of the
 * four alignments; a pass looks up every word in a small table, and compares bytes only where the table has an entry. For a shorter
 * pattern, three bytes at an even offset are looked up. Words are little-endian, as on every machine for which a JDK with CRaC
 * exists.
 */

/** Minimum size of a pattern in bytes. */
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

/** A word or three bytes of a pattern, by which the pattern is found. */
interface Anchor {
  bytes: Uint8Array
  pattern: number
  at: number
}

/** A hash table of anchors. */
interface Index {
  /** Has a 1 for the hash of each anchor. */
  marks: Uint8Array
  anchors: (Anchor[] | undefined)[]
}

interface Table {
  words: Index
  triples: Index
}

/** 2^32 divided by the golden ratio, made odd: the multiplier of the hash. */
const HASH = 0x9e3779b1 | 0
/** Number of bits by which a hash is shifted to the right: the tables have 2^18 slots, which fit into the cache of a core. */
const SHIFT = 14
const THREE_BYTES = 0xffffff

function createTable(patterns: readonly Uint8Array[]): Table {
  const table = { words: createIndex(), triples: createIndex() }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern has fewer than ${SHORTEST} bytes`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (bytes.length >= SHORTEST_WITH_WORD) {
      for (let lead = 0; lead < 4; lead++) {
        const at = rarest(bytes, lead, 4, 4)
        enter(table.words, view.getInt32(at, true), { bytes, pattern, at })
      }
      return
    }
    const tripleAt = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const even = rarest(bytes, 0, 2, 3)
    enter(table.triples, tripleAt(even), { bytes, pattern, at: even })
    if (bytes.length > SHORTEST) {
      const odd = rarest(bytes, 1, 2, 3)
      enter(table.triples, tripleAt(odd), { bytes, pattern, at: odd })
    } else {
      // At an odd offset, the third byte is the one behind the pattern.
      const pair = view.getUint16(1, true)
      for (let byte = 0; byte < 256; byte++)
        enter(table.triples, pair | (byte << 16), { bytes, pattern, at: 1 })
    }
  })
  return table
}

function createIndex(): Index {
  const slots = 2 ** (32 - SHIFT)
  return { marks: new Uint8Array(slots), anchors: new Array<Anchor[] | undefined>(slots).fill(undefined) }
}

function enter({ marks, anchors }: Index, value: number, anchor: Anchor): void {
  const slot = Math.imul(value, HASH) >>> SHIFT
  marks[slot] = 1
  anchors[slot] = [...(anchors[slot] ?? []), anchor]
}

/** Returns which of the offsets `lead`, `lead` + `step`, ... has the `size` bytes that are rarest in other data. */
function rarest(bytes: Uint8Array, lead: number, step: number, size: number): number {
  let best = lead
  let least = Infinity
  for (let at = lead; at + size <= bytes.length; at += step) {
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
  const words = table.words.marks
  const triples = table.triples.marks
  const skipsZeros = words[0] === 0 && triples[0] === 0
  const blocksEnd = Math.max(0, values.length - 1 - ((values.length - 1) % 4))
  for (let index = 0; index < blocksEnd; index += 4) {
    const first = values[index] as number
    const second = values[index + 1] as number
    const third = values[index + 2] as number
    const fourth = values[index + 3] as number
    if (skipsZeros && (first | second | third | fourth) === 0) continue
    const fifth = values[index + 4] as number
    const hits =
      (words[Math.imul(first, HASH) >>> SHIFT] as number) |
      (words[Math.imul(second, HASH) >>> SHIFT] as number) |
      (words[Math.imul(third, HASH) >>> SHIFT] as number) |
      (words[Math.imul(fourth, HASH) >>> SHIFT] as number) |
      (triples[Math.imul(first & THREE_BYTES, HASH) >>> SHIFT] as number) |
      (triples[Math.imul((first >>> 16) | ((second & 0xff) << 16), HASH) >>> SHIFT] as number) |
      (triples[Math.imul(second & THREE_BYTES, HASH) >>> SHIFT] as number) |
      (triples[Math.imul((second >>> 16) | ((third & 0xff) << 16), HASH) >>> SHIFT] as number) |
      (triples[Math.imul(third & THREE_BYTES, HASH) >>> SHIFT] as number) |
      (triples[Math.imul((third >>> 16) | ((fourth & 0xff) << 16), HASH) >>> SHIFT] as number) |
      (triples[Math.imul(fourth & THREE_BYTES, HASH) >>> SHIFT] as number) |
      (triples[Math.imul((fourth >>> 16) | ((fifth & 0xff) << 16), HASH) >>> SHIFT] as number)
    if (hits !== 0) for (let at = index; at < index + 4; at++) lookUp(bytes, values, at, table, onMatch)
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
  const word = Math.imul(value, HASH) >>> SHIFT
  const first = Math.imul(value & THREE_BYTES, HASH) >>> SHIFT
  const second = Math.imul((value >>> 16) | ((next & 0xff) << 16), HASH) >>> SHIFT
  if (words.marks[word] !== 0) compare(bytes, words.anchors[word], at, onMatch)
  if (triples.marks[first] !== 0) compare(bytes, triples.anchors[first], at, onMatch)
  if (triples.marks[second] !== 0) compare(bytes, triples.anchors[second], at + 2, onMatch)
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
