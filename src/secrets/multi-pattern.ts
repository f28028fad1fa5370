/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * Wherever a pattern of at least 7 bytes lies, one aligned word lies wholly inside it. So each pattern gives
 * one word for each of the four ways in which it can lie; a pass looks every word up in a small table and
 * compares bytes only where the table says so. Of a shorter pattern an aligned pair of bytes is looked up.
 * Words are read little-endian, as on every machine for which there is a JDK with CRaC.
 */

/** Bytes of the shortest pattern: of 3, an aligned pair lies inside it wherever it is. */
const SHORTEST = 3
/** Bytes of the shortest pattern that is found by its words. */
const SHORTEST_WITH_WORD = 7

/** Told of each occurrence: which pattern, and its offset in bytes. */
export type Found = (pattern: number, offset: number) => void

export interface Search {
  /** Bytes of the longest pattern. */
  longest: number
  /** Finds every occurrence once, overlapping ones too, in no certain order. */
  run(bytes: Uint8Array, found: Found): void
}

export function createSearch(patterns: readonly Uint8Array[]): Search {
  const table = createTable(patterns)
  return {
    longest: patterns.reduce((longest, { length }) => Math.max(longest, length), 0),
    run(bytes, found) {
      if (patterns.length > 0) sweep(bytes, table, found)
    }
  }
}

/** A pattern that has the pair, or a word of the hash, at this offset. */
interface Place {
  bytes: Uint8Array
  pattern: number
  at: number
}

interface Table {
  /** By a pair of bytes: 1 if a pattern has it at a place. */
  pairs: Uint8Array
  pairPlaces: (Place[] | undefined)[]
  /** By the hash of a word, likewise. */
  words: Uint8Array
  wordPlaces: (Place[] | undefined)[]
  /** Bits by which a hash is shifted to the right. */
  shift: number
}

/** 2^32 divided by the golden ratio, made odd: the multiplier of the hash. */
const HASH = 0x9e3779b1 | 0

function createTable(patterns: readonly Uint8Array[]): Table {
  // At least 16 slots for each of the four words of a pattern: few words of foreign data then meet a taken one.
  const bits = Math.min(22, Math.max(16, Math.ceil(Math.log2(patterns.length * 4 * 16))))
  const table: Table = {
    pairs: new Uint8Array(1 << 16),
    pairPlaces: new Array<Place[] | undefined>(1 << 16).fill(undefined),
    words: new Uint8Array(1 << bits),
    wordPlaces: new Array<Place[] | undefined>(1 << bits).fill(undefined),
    shift: 32 - bits
  }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern of fewer than ${SHORTEST} bytes`)
    const size = bytes.length < SHORTEST_WITH_WORD ? 2 : 4
    for (let lead = 0; lead < size; lead++)
      enter(table, { bytes, pattern, at: rarest(bytes, lead, size) }, size)
  })
  return table
}

function enter(table: Table, place: Place, size: 2 | 4): void {
  const view = new DataView(place.bytes.buffer, place.bytes.byteOffset)
  const slot =
    size === 2
      ? view.getUint16(place.at, true)
      : Math.imul(view.getInt32(place.at, true), HASH) >>> table.shift
  const [marks, places] = size === 2 ? [table.pairs, table.pairPlaces] : [table.words, table.wordPlaces]
  marks[slot] = 1
  places[slot] = [...(places[slot] ?? []), place]
}

/** Of the offsets `lead`, `lead` + size, ... that of the bytes which other data has least often. */
function rarest(bytes: Uint8Array, lead: number, size: number): number {
  let best = lead
  let least = Infinity
  for (let at = lead; at + size <= bytes.length; at += size) {
    const commonness = bytes.subarray(at, at + size).reduce((sum, byte) => sum + commonnessOf(byte), 0)
    if (commonness < least) [best, least] = [at, commonness]
  }
  return best
}

/** A guess at how common a byte is in the memory of a JVM: only the speed hangs on it. */
function commonnessOf(byte: number): number {
  const character = String.fromCharCode(byte)
  if (byte === 0) return 6
  if (/[ etaoinsr]/.test(character)) return 5
  if (/[a-z/.:=_-]/.test(character)) return 4
  if (/[A-Z]/.test(character)) return 3
  return 2
}

/** Four words at a time are twice as fast as one; blocks of zeros, of which memory has many, are skipped. */
function sweep(bytes: Uint8Array, table: Table, found: Found): void {
  const values = wordsOf(bytes)
  const { pairs, words, shift } = table
  const isZeroForeign = words[0] === 0 && pairs[0] === 0
  const blocksEnd = values.length - (values.length % 4)
  for (let index = 0; index < blocksEnd; index += 4) {
    const first = values[index] as number
    const second = values[index + 1] as number
    const third = values[index + 2] as number
    const fourth = values[index + 3] as number
    if (isZeroForeign && (first | second | third | fourth) === 0) continue
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
      for (let at = index; at < index + 4; at++) look(bytes, values[at] as number, at * 4, table, found)
  }
  for (let at = blocksEnd; at < values.length; at++) look(bytes, values[at] as number, at * 4, table, found)
}

function look(bytes: Uint8Array, value: number, at: number, table: Table, found: Found): void {
  const { words, pairs, wordPlaces, pairPlaces } = table
  const hash = Math.imul(value, HASH) >>> table.shift
  if (words[hash] !== 0) report(bytes, wordPlaces[hash], at, found)
  if (pairs[value & 0xffff] !== 0) report(bytes, pairPlaces[value & 0xffff], at, found)
  if (pairs[value >>> 16] !== 0) report(bytes, pairPlaces[value >>> 16], at + 2, found)
}

/** The bytes as words; the last one is filled up with zeros. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const size = Math.ceil(bytes.length / 4)
  const isAligned = bytes.byteOffset % 4 === 0 && bytes.byteOffset + size * 4 <= bytes.buffer.byteLength
  // Bytes that lie behind the end in the same memory do no harm: a pattern is compared within the end.
  if (isAligned) return new Int32Array(bytes.buffer, bytes.byteOffset, size)
  const copy = new Int32Array(size)
  new Uint8Array(copy.buffer).set(bytes)
  return copy
}

function report(bytes: Uint8Array, places: readonly Place[] | undefined, at: number, found: Found): void {
  if (places === undefined) return
  for (const place of places) {
    const offset = at - place.at
    if (isAt(bytes, place.bytes, offset)) found(place.pattern, offset)
  }
}

function isAt(bytes: Uint8Array, pattern: Uint8Array, offset: number): boolean {
  if (offset < 0 || offset + pattern.length > bytes.length) return false
  for (let index = 0; index < pattern.length; index++) {
    if (bytes[offset + index] !== pattern[index]) return false
  }
  return true
}
