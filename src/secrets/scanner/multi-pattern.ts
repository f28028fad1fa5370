import { createTable, slotOf, type Follows, type Table } from './pattern-table.js'

/**
 * Searches for many byte patterns at once, in one pass over the 32-bit words of the bytes.
 *
 * A pattern of at least 5 bytes has four bytes at an even offset of the data, wherever it is; a shorter one has them together with the
 * bytes that follow it. So each pattern has two times four bytes in a small table, one for each alignment; a pass looks up all four
 * bytes at even offsets, and compares the whole pattern only where the table has an entry. Words are little-endian, as on every machine
 * for which a JDK with CRaC exists.
 */

/** Receives each occurrence: the index of the pattern, and the offset in bytes. */
export type OnMatch = (pattern: number, offset: number) => void

export interface PatternSearch {
  /** Size of the longest pattern in bytes. */
  longest: number
  /** Finds every occurrence once, including overlapping ones, in any order. */
  run(bytes: Uint8Array, onMatch: OnMatch): void
}

/** Some patterns take less time the fewer bytes may follow them; an occurrence in front of another byte may be left out. */
export function createSearch(patterns: readonly Uint8Array[], follows: Follows = () => true): PatternSearch {
  const table = createTable(patterns, follows)
  return {
    longest: patterns.reduce((longest, { length }) => Math.max(longest, length), 0),
    run(bytes, onMatch) {
      if (patterns.length > 0) scanWords(bytes, table, onMatch)
    }
  }
}

/** Number of words that go through all steps together: what the steps pass on stays in the nearest cache of a processor. */
const SECTION = 4096

/**
 * Goes through the bytes in steps that each drop most of what the one before has left. Only the last step branches on what it finds:
 * a processor cannot predict where text has an anchor, and each wrong guess takes as long as the look-ups of a block.
 */
function scanWords(bytes: Uint8Array, table: Table, onMatch: OnMatch): void {
  const words = wordsOf(bytes)
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength)
  const end = words.length - 1
  const blocks = new Int32Array(Math.min(SECTION, end) / 4 + 1)
  const places = new Int32Array(Math.min(SECTION, end) * 2 + 1)
  for (let from = 0; from < end; from += SECTION) {
    const inBlocks = blocksWithMark(words, from, Math.min(from + SECTION, end), table, blocks)
    const marked = placesWithMark(view, blocks, inBlocks, table, places)
    const count = placesWithFourth(view, places, marked, table)
    for (let index = 0; index < count; index++) compare(bytes, view, places[index] as number, table, onMatch)
  }
}

/**
 * Writes the offsets of the blocks of four words that have a mark to `blocks`, and returns their number. It skips blocks of zeros, which
 * are frequent in memory.
 */
function blocksWithMark(
  words: Int32Array,
  from: number,
  to: number,
  { marks }: Table,
  blocks: Int32Array
): number {
  const skipsZeros = marks[0] === 0
  let count = 0
  for (let index = from; index < to; index += 4) {
    const first = words[index] as number
    const second = words[index + 1] as number
    const third = words[index + 2] as number
    const fourth = words[index + 3] as number
    const fifth = words[index + 4] as number
    // The last three bytes of a block include one of the next.
    if (skipsZeros && (first | second | third | fourth | (fifth & 0xff)) === 0) continue
    blocks[count] = index * 4
    count +=
      (marks[slotOf(first)] as number) |
      (marks[slotOf((first >>> 16) | (second << 16))] as number) |
      (marks[slotOf(second)] as number) |
      (marks[slotOf((second >>> 16) | (third << 16))] as number) |
      (marks[slotOf(third)] as number) |
      (marks[slotOf((third >>> 16) | (fourth << 16))] as number) |
      (marks[slotOf(fourth)] as number) |
      (marks[slotOf((fourth >>> 16) | (fifth << 16))] as number)
  }
  return count
}

/** Writes the even offsets in some blocks that have a mark to `places`, and returns their number. */
function placesWithMark(
  view: DataView,
  blocks: Int32Array,
  inBlocks: number,
  { marks }: Table,
  places: Int32Array
): number {
  let count = 0
  for (let index = 0; index < inBlocks; index++) {
    const block = blocks[index] as number
    for (let place = block; place < block + 16; place += 2) {
      places[count] = place
      count += marks[slotOf(view.getInt32(place, true))] as number
    }
  }
  return count
}

/** Keeps the places whose fourth byte can be that of an anchor, and returns their number. */
function placesWithFourth(view: DataView, places: Int32Array, marked: number, { fourths }: Table): number {
  let count = 0
  for (let index = 0; index < marked; index++) {
    const place = places[index] as number
    const word = view.getInt32(place, true)
    places[count] = place
    // A shift uses the low five bits of its right side only.
    count += ((fourths[slotOf(word)] as number) >>> (word >>> 24)) & 1
  }
  return count
}

/** Compares the patterns that have an anchor at a place. */
function compare(
  bytes: Uint8Array,
  view: DataView,
  place: number,
  { anchors }: Table,
  onMatch: OnMatch
): void {
  for (const anchor of anchors[slotOf(view.getInt32(place, true))] ?? []) {
    const offset = place - anchor.at
    if (isAt(bytes, anchor.bytes, offset)) onMatch(anchor.pattern, offset)
  }
}

/** Returns the bytes as words: whole blocks of four, and one more. What is in them behind the bytes is harmless: no match extends there. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const size = Math.ceil(bytes.length / 16) * 4 + 1
  const isAligned = bytes.byteOffset % 4 === 0 && bytes.byteOffset + size * 4 <= bytes.buffer.byteLength
  if (isAligned) return new Int32Array(bytes.buffer, bytes.byteOffset, size)
  const copy = new Int32Array(size)
  new Uint8Array(copy.buffer).set(bytes)
  return copy
}

function isAt(bytes: Uint8Array, pattern: Uint8Array, offset: number): boolean {
  if (offset < 0 || offset + pattern.length > bytes.length) return false
  for (let index = 0; index < pattern.length; index++) {
    if (bytes[offset + index] !== pattern[index]) return false
  }
  return true
}
