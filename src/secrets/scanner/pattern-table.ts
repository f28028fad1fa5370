/** Minimum size of a pattern in bytes. */
const SHORTEST = 3
/** Minimum size in bytes of a pattern that is found by its words. */
const SHORTEST_WITH_WORD = 7

/** A word or three bytes of a pattern, by which the pattern is found. */
export interface Anchor {
  bytes: Uint8Array
  pattern: number
  at: number
}

/** Anchors by their slot. */
export interface Index {
  /** Has a 1 for each slot with an anchor. */
  marks: Uint8Array
  anchors: (Anchor[] | undefined)[]
}

export interface Table {
  words: Index
  triples: Index
}

/** 2^32 divided by the golden ratio, made odd: the multiplier of the hash. */
export const HASH = 0x9e3779b1 | 0
/** The multiplier of three bytes: the fourth byte of a word has no influence. */
export const TRIPLE_HASH = HASH << 8
/** Number of bits by which a hash is shifted to the right: there are 2^18 slots. */
export const SHIFT = 14
const SLOTS = 2 ** (32 - SHIFT)

export function slotOfWord(word: number): number {
  return Math.imul(word, HASH) >>> SHIFT
}

/** Returns the slot of three bytes. The multiplier drops the fourth byte of a word: its bits leave the product. */
export function slotOfTriple(pair: number, third: number): number {
  return Math.imul(pair | (third << 16), TRIPLE_HASH) >>> SHIFT
}

export function createTable(patterns: readonly Uint8Array[]): Table {
  const table = { words: createIndex(), triples: createIndex() }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern has fewer than ${SHORTEST} bytes`)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    if (bytes.length >= SHORTEST_WITH_WORD) {
      for (let lead = 0; lead < 4; lead++) {
        const at = rarest(bytes, lead, 4, 4)
        enter(table.words, slotOfWord(view.getInt32(at, true)), { bytes, pattern, at })
      }
      return
    }
    const slotAt = (at: number): number => slotOfTriple(view.getUint16(at, true), view.getUint8(at + 2))
    const even = rarest(bytes, 0, 2, 3)
    enter(table.triples, slotAt(even), { bytes, pattern, at: even })
    if (bytes.length > SHORTEST) {
      const odd = rarest(bytes, 1, 2, 3)
      enter(table.triples, slotAt(odd), { bytes, pattern, at: odd })
    } else {
      // At an odd offset, the third byte is the one behind the pattern.
      const pair = view.getUint16(1, true)
      for (let byte = 0; byte < 256; byte++)
        enter(table.triples, slotOfTriple(pair, byte), { bytes, pattern, at: 1 })
    }
  })
  return table
}

function createIndex(): Index {
  return { marks: new Uint8Array(SLOTS), anchors: new Array<Anchor[] | undefined>(SLOTS).fill(undefined) }
}

function enter({ marks, anchors }: Index, slot: number, anchor: Anchor): void {
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
  if (/[a-z/.:=]/.test(character)) return 4
  if (/[A-Z0-9]/.test(character)) return 3
  return 2
}
