/** Reason why a value is not searched for: it would be found in unrelated images too. */
export type Weakness = 'short' | 'low variety' | 'number' | 'word'

/** Minimum length of a value that is searched for, in characters. */
const SHORTEST = 8
/** Minimum number of different characters. */
const LEAST_VARIETY = 4
/** Minimum number of neighbours that are not the same, the next or the previous character: `abcd1234` has one. */
const LEAST_JUMPS = 3
/** Minimum number of digits of a value of digits and punctuation: dates, ports, addresses and times have fewer. */
const LEAST_DIGITS = 16
/** Minimum length of a value of plain letters that is not a word, in characters. */
const SHORTEST_TEXT = 12

/** Default and example values that pass the other rules, with up to four digits and a punctuation mark at the end. */
const KNOWN_WORDS =
  /^(admin|administrator|authorization|change_?me|changeitchangeit|configuration|credential|credentials|default|development|integration|letmein|passphrase|passw(or|0r)d|postgres|production|qwerty|root|secret|test|user|username|welcome)\d{0,4}[!.?]?$/i

/** Words of test values and of the names of methods: a value of these words alone is not a secret, whatever its length is. */
const TEST_WORDS = new Set(
  (
    'a access admin aes an any api app auth authentication authorization basic bearer cert ci client code cookie credential ' +
    'credentials database db default demo dev digest enabled disabled fake for foo bar baz form hello here id iam jwt kerberos key ' +
    'ldap local login mock mtls my no none not ntlm oauth oidc only or password pass postgres real root saml sample secret service ' +
    'serviceaccount session some stub test testing the this token user username valid value warm warmup with world your'
  ).split(' ')
)

/** Returns whether all words of a value are test words, perhaps with up to two digits each: `mock-jwt-token`, `oauth2`. */
export function isOfTestWords(value: string): boolean {
  const words = value.toLowerCase().split(/[-_. /]/)
  return words.every((word) => TEST_WORDS.has(word.replace(/\d{0,2}$/, '')) || /^\d{1,2}$/.test(word))
}

/**
 * Returns why a trimmed value cannot be distinguished from what the memory of any JVM contains; undefined if it can.
 *
 * The rules, in their order: fewer than 8 characters; fewer than 4 different ones, or mere sequences (alphabets
 * are constants of the JDK); digits and punctuation with fewer than 16 digits; a known default, or words of test values alone; letters
 * of one case (the
 * first may be a capital), also several words with `-`, `_`, `.` or spaces between them, of fewer than 12 characters. The last two
 * may also apply to a bad password: the report lists it as not searched.
 */
export function weaknessOf(value: string): Weakness | undefined {
  const characters = [...value]
  if (characters.length < SHORTEST) return 'short'
  if (new Set(characters).size < LEAST_VARIETY || jumpsOf(characters) < LEAST_JUMPS) return 'low variety'
  if (/^[\d\s.,:;/+-]+$/.test(value) && value.replace(/\D/g, '').length < LEAST_DIGITS) return 'number'
  if (KNOWN_WORDS.test(value) || isOfTestWords(value)) return 'word'
  const isOfWords = value.split(/[-_. ]/).every((part) => /^(\p{Lu}?\p{Ll}*|\p{Lu}*)$/u.test(part))
  return isOfWords && characters.length < SHORTEST_TEXT ? 'word' : undefined
}

/** Returns whether a piece of a longer text looks like key material: base64 with letters of both cases and digits, or long hex. */
export function looksRandom(piece: string): boolean {
  if (weaknessOf(piece) !== undefined || entropyOf(piece) < 3) return false
  if (/^[0-9a-fA-F]{32,}$/.test(piece)) return true
  return /[a-z]/.test(piece) && /[A-Z]/.test(piece) && /\d/.test(piece)
}

/** Returns the Shannon entropy of a text, in bits per character. */
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

/** Minimum entropy of the random part of a token, in bits per character: real ones of 16 characters and more have 3 to 5. */
const LEAST_ENTROPY = 2.8

// Family.isReal distinguishes real tokens from examples in documentation, by the parts that the pattern captured.

/** Returns whether the random part of a token is random, and not an example. */
export function hasRandomPart([match, random = match]: RegExpExecArray): boolean {
  return entropyOf(random) >= LEAST_ENTROPY && !isExample(random)
}

/** Returns whether the random part has letters of both cases and digits too: for families whose tokens look like identifiers. */
export function hasMixedRandomPart(match: RegExpExecArray): boolean {
  const [, random = ''] = match
  return hasRandomPart(match) && /[a-z]/.test(random) && /[A-Z]/.test(random) && /\d/.test(random)
}

/** Returns whether a password is not a placeholder. */
export function hasPassword([, first, second]: RegExpExecArray): boolean {
  const password = first ?? second ?? ''
  return (
    !/^(pass(word|wd|phrase)?|pwd|secret|changeme|null|user(name)?|\$[A-Z_]+)$/i.test(password) &&
    !/[{}]|(.)\1{3}|\*{3}|\.{3}|x{3}/i.test(password)
  )
}

/** Returns whether a token is an example, such as AKIAIOSFODNN7EXAMPLE, an alphabet, or one character eight times. */
function isExample(token: string): boolean {
  if (/example|(.)\1{7}/i.test(token)) return true
  const codes = [...token.toLowerCase()].map((character) => character.charCodeAt(0))
  let run = 1
  return codes.some((code, index) => {
    run = index > 0 && code === (codes[index - 1] ?? 0) + 1 ? run + 1 : 1
    return run >= 8
  })
}
