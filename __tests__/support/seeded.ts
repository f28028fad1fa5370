export interface Seeded {
  /** A whole number from 0 to `limit` - 1. */
  below: (limit: number) => number
  /** `length` bytes, of the first `letters` small letters or, without that, of any value. */
  bytes: (length: number, letters?: number) => Buffer
  text: (length: number, alphabet: string) => string
}

/** Mulberry32. */
export function seeded(seed: number): Seeded {
  let state = seed
  function below(limit: number): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
  return {
    below,
    bytes: (length, letters) =>
      Buffer.from(Array.from({ length }, () => (letters === undefined ? below(256) : 0x61 + below(letters)))),
    text: (length, alphabet) => Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join('')
  }
}
