/** Minimum size of a pattern in bytes. */
const SHORTEST = 3

/** Part of a pattern by which it is found: four bytes at an offset of it, or three where the pattern has no fourth. */
export interface Anchor {
  bytes: Uint8Array
  pattern: number
  at: number
}

/** Anchors by their slot, which is a hash of their first three bytes. */
export interface Table {
  /** Has 1 for each slot with an anchor, and 0 for the others. */
  marks: Uint8Array
  /** Has for each slot a bit for each value that the low five bits of the fourth byte of an anchor can have. */
  fourths: Int32Array
  anchors: (Anchor[] | undefined)[]
}

const SLOTS = 2 ** 18

/**
 * Returns the slot of the first three bytes of a word: the multiplier is 2^32 divided by the golden ratio, made odd, and moved by a byte,
 * so that the fourth byte leaves the product.
 */
export function slotOf(word: number): number {
  return Math.imul(word, 0x3779b100) >>> 14
}

/** Returns whether an occurrence of a pattern counts in front of this byte. */
export type Follows = (pattern: number, byte: number) => boolean

const ALL = Array.from({ length: 256 }, (_, byte) => byte)

export function createTable(patterns: readonly Uint8Array[], follows: Follows): Table {
  const table: Table = {
    marks: new Uint8Array(SLOTS),
    fourths: new Int32Array(SLOTS),
    anchors: new Array<Anchor[] | undefined>(SLOTS).fill(undefined)
  }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern has fewer than ${SHORTEST} bytes`)
    /** Returns what the byte at an index can be, also behind the pattern. */
    const bytesAt = (index: number): readonly number[] => {
      const byte = bytes[index]
      if (byte !== undefined) return [byte]
      return index === bytes.length ? ALL.filter((one) => follows(pattern, one)) : ALL
    }
    for (const lead of [0, 1]) {
      const at = rarest(bytes, lead)
      const [first = 0, second = 0] = bytes.subarray(at)
      const fourths = bytesAt(at + 3).reduce((bits, byte) => bits | (1 << byte), 0)
      for (const third of bytesAt(at + 2))
        enter(table, first | (second << 8) | (third << 16), fourths, { bytes, pattern, at })
    }
  })
  return table
}

function enter({ marks, fourths, anchors }: Table, three: number, ofFourth: number, anchor: Anchor): void {
  const slot = slotOf(three)
  marks[slot] = 1
  fourths[slot] = (fourths[slot] ?? 0) | ofFourth
  anchors[slot] = [...(anchors[slot] ?? []), anchor]
}

/** Returns which of the offsets `lead`, `lead` + 2, ... has the four bytes that are rarest in other data. */
function rarest(bytes: Uint8Array, lead: number): number {
  let best = lead
  let most = 0
  for (let at = lead; at + SHORTEST <= bytes.length; at += 2) {
    const rarity = rarityOf(bytes.subarray(at, at + 4))
    if (rarity > most) [best, most] = [at, rarity]
  }
  return best
}

/** Returns a guess of how rare these bytes are in the memory of a JVM, in half bits: it affects the speed only. */
function rarityOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, index) => {
    // A row of dashes, or another repetition, is frequent.
    const rarity = byte === bytes[index - 1] ? 1 : rarityOfByte(byte)
    return sum + (index < 3 ? 2 * rarity : rarity)
  }, 0)
}

function rarityOfByte(byte: number): number {
  const character = String.fromCharCode(byte)
  if (byte === 0) return 1
  if (/[ etaoinsr]/.test(character)) return 3
  if (/[a-z/.:=]/.test(character)) return 4
  if (/[A-Z0-9]/.test(character)) return 5
  return 6
}
