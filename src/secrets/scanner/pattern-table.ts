/** Minimum size of a pattern in bytes. */
const SHORTEST = 3
/** Three bytes of a pattern, by which the pattern is found. */
export interface Anchor {
  bytes: Uint8Array
  pattern: number
  at: number
}

/** Anchors by their slot. */
export interface Table {
  /** Has restOf the three bytes for each slot with an anchor, SEVERAL for a slot of different bytes, and 0 for the others. */
  marks: Uint8Array
  anchors: (Anchor[] | undefined)[]
}

/**
 * Multiplier of the hash of three bytes: 2^32 divided by the golden ratio, made odd, and moved by a byte. So the fourth byte of a word
 * leaves the product, and need not be removed before.
 */
export const HASH = 0x9e3779b1 << 8
/** Number of bits by which a hash is shifted to the right: there are 2^18 slots. */
export const SHIFT = 14

/** Mark of a slot whose anchors have different bytes. */
export const SEVERAL = 255

/** Returns a number from 1 to 64 of a product with HASH: the bits that its slot does not have. Both together identify the three bytes. */
export function restOf(product: number): number {
  return ((product >>> 8) & 0x3f) + 1
}

/** Returns whether an occurrence of a pattern counts in front of this byte. */
export type Follows = (pattern: number, byte: number) => boolean

export function createTable(patterns: readonly Uint8Array[], follows: Follows): Table {
  const slots = 2 ** (32 - SHIFT)
  const table: Table = {
    marks: new Uint8Array(slots),
    anchors: new Array<Anchor[] | undefined>(slots).fill(undefined)
  }
  patterns.forEach((bytes, pattern) => {
    if (bytes.length < SHORTEST) throw new RangeError(`a pattern has fewer than ${SHORTEST} bytes`)
    const even = rarest(bytes, 0)
    enter(table, bytes.subarray(even), { bytes, pattern, at: even })
    if (bytes.length > SHORTEST) {
      const odd = rarest(bytes, 1)
      enter(table, bytes.subarray(odd), { bytes, pattern, at: odd })
    } else {
      // At an odd offset, the third byte is the one behind the pattern.
      for (let byte = 0; byte < 256; byte++)
        if (follows(pattern, byte))
          enter(table, [bytes[1] ?? 0, bytes[2] ?? 0, byte], { bytes, pattern, at: 1 })
    }
  })
  return table
}

function enter(
  { marks, anchors }: Table,
  [first = 0, second = 0, third = 0]: Iterable<number>,
  anchor: Anchor
): void {
  const product = Math.imul(first | (second << 8) | (third << 16), HASH)
  const slot = product >>> SHIFT
  const rest = restOf(product)
  marks[slot] = marks[slot] === 0 || marks[slot] === rest ? rest : SEVERAL
  anchors[slot] = [...(anchors[slot] ?? []), anchor]
}

/** Returns which of the offsets `lead`, `lead` + 2, ... has the three bytes that are rarest in other data. */
function rarest(bytes: Uint8Array, lead: number): number {
  let best = lead
  let least = Infinity
  for (let at = lead; at + 3 <= bytes.length; at += 2) {
    const commonness = bytes.subarray(at, at + 3).reduce((sum, byte) => sum + commonnessOf(byte), 0)
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
