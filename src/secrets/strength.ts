/** Why a value is not searched for: it would be found in images that never saw it. */
export type Weakness = 'short' | 'low variety' | 'number' | 'word'

/** Characters of the shortest value that is searched for. */
const SHORTEST = 8
/** Different characters that a value must have. */
const LEAST_VARIETY = 4
/** Steps between neighbours other than to the same, the next or the previous character: `abcd1234` has one. */
const LEAST_JUMPS = 3
/** Digits that a value of digits and punctuation must have: dates, ports, addresses and times have fewer. */
const LEAST_DIGITS = 16
/** Characters of the shortest value of plain letters that is taken for more than a word. */
const LONGEST_WORD = 12

/** Values of defaults and examples that the other rules let pass; with up to four digits and a mark behind. */
const KNOWN_WORDS =
  /^(admin|administrator|authorization|change_?me|changeitchangeit|configuration|credential|credentials|default|development|integration|letmein|passphrase|passw(or|0r)d|postgres|production|qwerty|root|secret|test|user|username|welcome)\d{0,4}[!.?]?$/i

/**
 * Why a value, already trimmed, cannot be told from what any memory of a JVM holds. Undefined if it can.
 *
 * The rules, in turn: fewer than 8 characters; fewer than 4 different ones, or mere sequences (alphabets
 * are constants of the JDK); digits and punctuation with fewer than 16 digits; letters of one case (the first
 * may be a capital), also several joined by `-`, `_`, `.` or spaces, of fewer than 12 characters; a known
 * default. The last two may also meet a bad password: it is reported then, not passed over.
 */
export function weaknessOf(value: string): Weakness | undefined {
  const characters = [...value]
  if (characters.length < SHORTEST) return 'short'
  if (new Set(characters).size < LEAST_VARIETY || jumpsOf(characters) < LEAST_JUMPS) return 'low variety'
  if (/^[\d\s.,:;/+-]+$/.test(value) && value.replace(/\D/g, '').length < LEAST_DIGITS) return 'number'
  if (KNOWN_WORDS.test(value)) return 'word'
  const isOfWords = value.split(/[-_. ]/).every((part) => /^(\p{Lu}?\p{Ll}*|\p{Lu}*)$/u.test(part))
  return isOfWords && characters.length < LONGEST_WORD ? 'word' : undefined
}

/** Whether a piece of a longer text reads like key material: base64 with letters of both cases and digits, or long hex. */
export function looksRandom(piece: string): boolean {
  if (weaknessOf(piece) !== undefined || entropyOf(piece) < 3) return false
  if (/^[0-9a-fA-F]{32,}$/.test(piece)) return true
  return /[a-z]/.test(piece) && /[A-Z]/.test(piece) && /\d/.test(piece)
}

/** Bits a character, from how often each occurs (Shannon). */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

function jumpsOf(characters: readonly string[]): number {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0)
  return codes.filter((code, index) => index > 0 && Math.abs(code - (codes[index - 1] ?? 0)) > 1).length
}
