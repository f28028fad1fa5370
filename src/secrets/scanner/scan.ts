import { createHmac } from 'node:crypto'
import { largest } from '../../lib/values.js'
import { FAMILIES } from './families.js'
import { bytesIn, type Family } from './family.js'
import { createTally, type FileLocation, type ScanFinding, type Tally } from './findings.js'
import { createSearch, type PatternSearch } from './multi-pattern.js'
import {
  needlesOf,
  needlesOfCanary,
  type Canary,
  type Needle,
  type Secret,
  type WeakSecret
} from './needles.js'
import { eachWindow, type ByteStream, type Window } from './windows.js'

export type { ByteStream }

/** Patterns of the secrets and of the token families: built once, used for many files. */
export interface SecretMatcher {
  search: PatternSearch
  /** Origin of each pattern of the search, by the number of the pattern. */
  origins: readonly PatternOrigin[]
  /** Maximum number of bytes that belong to a match, or decide about it, in front of its pattern. */
  before: number
  /** Maximum number of bytes that belong to a match, or decide about it, from the first byte of its pattern on. */
  after: number
  weak: readonly WeakSecret[]
  /** Positive control: a random value that is searched for like a secret. */
  canary: Canary
  /** Returns 16 hex digits that identify a token; they depend on the key of the matcher. */
  digest(token: string): string
}

export type PatternOrigin = { needle: Needle } | TokenPrefix

interface TokenPrefix {
  family: Family
  /** Bytes from one character to the next: 1 for Latin-1 and UTF-8, 2 for UTF-16 in both byte orders. */
  width: 1 | 2
  /** Length of the prefix in characters. */
  prefix: number
}

export interface MatcherOptions {
  secrets: readonly Secret[]
  canary: Canary
  /** Random key of the digests. It never leaves this run: the digest of a short password could be reversed with it. */
  key: Buffer
  families?: readonly Family[]
}

export function createMatcher({ secrets, canary, key, families = FAMILIES }: MatcherOptions): SecretMatcher {
  const { needles: ofSecrets, weak } = needlesOf(secrets)
  const needles = [...ofSecrets, ...needlesOfCanary(canary)]
  const patterns = [
    ...needles.map((needle) => ({ bytes: needle.bytes, origin: { needle } })),
    ...families.flatMap(prefixesOf)
  ]
  const search = createSearch(
    patterns.map(({ bytes }) => bytes),
    (pattern, byte) => mayFollow(patterns[pattern]?.origin, byte)
  )
  return {
    search,
    origins: patterns.map(({ origin }) => origin),
    before: largest([
      ...needles.map(({ confirmation }) => confirmation?.before ?? 0),
      ...families.map(({ lead }) => ((lead ?? 0) + EDGE) * 2)
    ]),
    after: largest([
      search.longest,
      ...needles.map(({ confirmation }) => confirmation?.after ?? 0),
      ...families.map(({ longest }) => (longest + EDGE) * 2)
    ]),
    weak,
    canary,
    digest: (token) => createHmac('sha256', key).update(token).digest('hex').slice(0, 16)
  }
}

/** Number of letters or digits next to a token that make it a part of a longer word, for a bounded family. */
const EDGE = 2

/**
 * Returns the patterns of a family: most Strings of Java are Latin-1, and its char[] are UTF-16. Without its last zero, the prefix
 * in UTF-16LE is in UTF-16BE too.
 */
function prefixesOf(family: Family): { bytes: Buffer; origin: TokenPrefix }[] {
  return family.prefixes.flatMap((text) => {
    const prefix = text.length
    const narrow: { bytes: Buffer; origin: TokenPrefix } = {
      bytes: Buffer.from(text, 'latin1'),
      origin: { family, width: 1, prefix }
    }
    if (family.binary) return [narrow]
    const wide = Buffer.from(text, 'utf16le').subarray(0, -1)
    return [narrow, { bytes: wide, origin: { family, width: 2, prefix } }]
  })
}

export interface ScanResult {
  /** Size of the stream in bytes. */
  bytes: number
  findings: ScanFinding[]
  /** Number of occurrences beyond the maximum number of findings, and of possible tokens that were not tested. */
  unlisted: number
  /** Number of parts of known values that may be the whole ones, and were not tested. */
  unconfirmed: number
}

/** Bytes that a scan reads between two passes of the search: its memory, without the overlap. */
const STEP = 4 * 1024 * 1024

/** Finds the secrets and the tokens in a stream, at any offset. The result contains no value. */
export async function scan(
  stream: ByteStream,
  matcher: SecretMatcher,
  step: number = STEP,
  locationOf?: (offset: number) => FileLocation
): Promise<ScanResult> {
  const tally = createTally(locationOf)
  const bytes = await eachWindow(stream, { ...matcher, step }, (window) => {
    tally.allow(window.end - window.begin)
    matcher.search.run(window.bytes, (pattern, at) => {
      const origin = matcher.origins[pattern]
      if (origin !== undefined && at >= window.begin && at < window.end)
        addMatch(matcher, origin, window, at, tally)
    })
  })
  return { bytes, findings: tally.findings(), unlisted: tally.unlisted(), unconfirmed: tally.unconfirmed() }
}

/** Adds a match of a pattern to the tally, if it is a secret or a real token. */
function addMatch(
  matcher: SecretMatcher,
  origin: PatternOrigin,
  { bytes, offset }: Window,
  at: number,
  tally: Tally
): void {
  if ('needle' in origin) {
    const { secret, encoding, confirmation } = origin.needle
    if (confirmation) {
      if (confirmation.mayHold?.(bytes, at) === false) return
      if (!tally.mayConfirm(confirmation.before + confirmation.after)) return
      if (confirmation.find(bytes, at) === undefined) return
    }
    tally.add({ secret }, encoding, offset + at)
    return
  }
  const { family, width, prefix } = origin
  if (!hasRun(bytes, at + prefix * width, width, family.run)) return
  const start = at - (family.lead ?? 0) * width
  if (start < 0 || (family.bounded && isWordAt(bytes, start - EDGE * width, width))) return
  if (!tally.mayTest(family.longest)) return
  const text = textAt(bytes, start, width, family.longest)
  const match = family.pattern.exec(text)
  if (match === null || !family.isReal(match)) return
  if (family.bounded && isWordAt(bytes, start + match[0].length * width, width)) return
  const digest = matcher.digest(family.identity?.(match) ?? match[0])
  tally.add({ family: family.id, digest }, width === 1 ? 'latin-1' : 'utf-16', offset + start)
}

/** Returns at most `length` characters of Latin-1 or, with a width of 2, of the low bytes of UTF-16, up to the first other character. */
function textAt(bytes: Buffer, start: number, width: 1 | 2, length: number): string {
  if (width === 1) return bytes.toString('latin1', start, start + length)
  const text = bytes.toString('utf16le', start, start + length * 2)
  const end = text.search(/[^\0-\xff]/)
  // In UTF-16BE, the byte behind the last character does not belong to it.
  return end < 0 ? text : text.slice(0, end) + String.fromCharCode(text.charCodeAt(end) & 0xff)
}

/** Returns whether there are EDGE letters or digits. One alone may be a length, or the header of an object of the JVM. */
function isWordAt(bytes: Buffer, start: number, width: 1 | 2): boolean {
  for (let at = start; at < start + EDGE * width; at += width) {
    if (!/[0-9A-Za-z]/.test(String.fromCharCode(bytes[at] ?? 0))) return false
  }
  return true
}

/** Marks the bytes that Family.run counts: letters, digits, `-`, `_` and `.`. */
const IS_IN_RUN = bytesIn(/[\w.-]/)

/** Returns whether addMatch may accept an occurrence of a pattern of three bytes in front of this byte. */
function mayFollow(origin: PatternOrigin | undefined, byte: number): boolean {
  if (origin === undefined || 'needle' in origin) return true
  const { run, next } = origin.family
  if (next !== undefined) return next[byte] === 1
  return run === 0 || IS_IN_RUN[byte] === 1
}

/** Returns whether `run` characters of `width` bytes each are characters that Family.run counts. */
function hasRun(bytes: Buffer, start: number, width: number, run: number): boolean {
  for (let at = start; at < start + run * width; at += width) {
    if (IS_IN_RUN[bytes[at] ?? 0] !== 1) return false
  }
  return true
}
