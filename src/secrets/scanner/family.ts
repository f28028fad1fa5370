import { hasRandomPart } from './strength.js'

export interface Family {
  id: string
  what: string
  /** Literal prefixes of at least 3 characters: every match has one of them, after `lead` other characters. */
  prefixes: readonly string[]
  /** Number of characters of the token in front of the prefix. */
  lead?: number
  /** Pattern of the whole token with its prefix, in Latin-1: begins with `^`, and all quantifiers are bounded. */
  pattern: RegExp
  /** Maximum length of a match, in characters. */
  longest: number
  /** Minimum number of letters, digits, `-`, `_` and `.` after the prefix: a quick check that most occurrences of a prefix fail. */
  run: number
  /** Has 1 for each byte that can follow the prefix, where these are fewer than `run` counts. */
  next?: Uint8Array
  /** Whether a token must not be a part of a longer word, since its prefix is in other data too. */
  bounded?: boolean
  /** Whether the family is binary data, which has no encoding as UTF-16. */
  binary?: boolean
  /** Web address of the format's description, or the rule of gitleaks that has it, such as `gitleaks: npm-access-token`. */
  source: string
  /** Returns whether a match looks like a real token, beyond what the pattern checks. */
  isReal(match: RegExpExecArray): boolean
  /** Returns what identifies a token in all of its spellings; without it, the match does. */
  identity?(match: RegExpExecArray): string
}

/** Characters of a part of a token, as a class of a regular expression. */
const ALPHABETS = {
  hex: '0-9a-f',
  'any-case hex': '0-9A-Fa-f',
  digits: '0-9',
  letters: 'A-Za-z',
  lower: '0-9a-z',
  upper: '0-9A-Z',
  'a-h': '0-9a-h',
  alnum: '0-9A-Za-z',
  word: '\\w-',
  'word and =': '\\w=-',
  'word and .': '\\w.=-',
  'word and %': '\\w%-',
  base64: '0-9A-Za-z+/',
  bech32: '02-9AC-HJ-NP-Z'
}

type Alphabet = keyof typeof ALPHABETS

/** A part of a token: a text, or a number of characters of an alphabet, at most `most`. */
type Part = string | readonly [alphabet: Alphabet, least: number, most?: number]

type Row = Pick<Family, 'id' | 'what' | 'source' | 'prefixes'> &
  Partial<Pick<Family, 'bounded' | 'isReal'>> & {
    /** Parts in front of the prefix, each of a fixed length. */
    lead?: readonly Part[]
    body: readonly Part[]
  }

/** Returns the family of tokens that are a prefix and a body of characters: the usual form. */
export function token({ lead = [], body, prefixes, ...row }: Row): Family {
  const prefix = `(?:${prefixes.map(literal).join('|')})`
  const sizes = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + mostOf(part), 0)
  return {
    isReal: hasRandomPart,
    ...row,
    prefixes,
    lead: sizes(lead),
    pattern: new RegExp(`^${lead.map(patternOf).join('')}${prefix}(${body.map(patternOf).join('')})`),
    ...(typeof body[0] === 'object' ? { next: bytesIn(new RegExp(patternOf([body[0][0], 1]))) } : {}),
    longest: sizes(lead) + Math.max(...prefixes.map(({ length }) => length)) + sizes(body),
    run: runOf(body)
  }
}

/** Returns a table with 1 for each byte that is, as a character, in a class of a regular expression, and 0 for the others. */
export function bytesIn(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (characters.test(String.fromCharCode(byte)) ? 1 : 0))
}

function mostOf(part: Part): number {
  return typeof part === 'string' ? part.length : (part[2] ?? part[1])
}

function patternOf(part: Part): string {
  if (typeof part === 'string') return literal(part)
  const [alphabet, least, most = least] = part
  return `[${ALPHABETS[alphabet]}]{${least}${most === least ? '' : `,${most}`}}`
}

/** Returns the length of the text that the body surely begins with and that Family.run counts. */
function runOf([first, ...others]: readonly Part[]): number {
  if (first === undefined) return 0
  if (typeof first === 'string') return /^[\w.-]*$/.test(first) ? first.length + runOf(others) : 0
  const [alphabet, least, most = least] = first
  if (/[=/]/.test(ALPHABETS[alphabet])) return 0
  return most === least ? least + runOf(others) : least
}

function literal(text: string): string {
  return text.replace(/[^\w-]/g, '\\$&')
}
