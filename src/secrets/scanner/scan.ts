import { createHmac } from 'node:crypto'
import { FAMILIES, type Family } from './families.js'
import { createTally, type FileLocation, type ScanFinding, type Tally } from './findings.js'
import { createSearch, type PatternSearch } from './multi-pattern.js'
import { needlesOf, type Needle, type Secret, type WeakSecret } from './needles.js'

/** Patterns of the secrets and of the token families: built once, used for many files. */
export interface SecretMatcher {
  search: PatternSearch
  /** Origin of each pattern of the search, by the number of the pattern. */
  origins: readonly PatternOrigin[]
  /** Maximum size of a match in bytes, from the first byte of its pattern on. */
  longestMatch: number
  weak: readonly WeakSecret[]
  /** Positive control: a random value that is searched for like a secret. */
  canary: Secret
  /** Returns 16 hex digits that identify a token; they depend on the key of the matcher. */
  digest(token: string): string
}

export type PatternOrigin = { needle: Needle } | TokenPrefix

interface TokenPrefix {
  family: Family
  encoding: 'latin-1' | 'utf-16le'
  prefix: number
}

export interface MatcherOptions {
  secrets: readonly Secret[]
  canary: Secret
  /** Random key of the digests. It never leaves this run: the digest of a short password could be reversed with it. */
  key: Buffer
  families?: readonly Family[]
}

export function createMatcher({ secrets, canary, key, families = FAMILIES }: MatcherOptions): SecretMatcher {
  const { needles, weak } = needlesOf([...secrets, canary])
  const patterns = [
    ...needles.map((needle) => ({ bytes: needle.bytes, origin: { needle } })),
    ...families.flatMap(prefixesOf)
  ]
  const search = createSearch(patterns.map(({ bytes }) => bytes))
  return {
    search,
    origins: patterns.map(({ origin }) => origin),
    // A character of UTF-16 has two bytes.
    longestMatch: Math.max(search.longest, ...families.map(({ longest }) => longest * 2)),
    weak,
    canary,
    digest: (token) => createHmac('sha256', key).update(token).digest('hex').slice(0, 16)
  }
}

/** Returns the patterns of a family: most Strings of Java are Latin-1, and its char[] are UTF-16LE. */
function prefixesOf(family: Family): { bytes: Buffer; origin: TokenPrefix }[] {
  return family.prefixes.flatMap((text) => {
    const prefix = text.length
    return [
      { bytes: Buffer.from(text, 'latin1'), origin: { family, encoding: 'latin-1', prefix } },
      { bytes: Buffer.from(text, 'utf16le'), origin: { family, encoding: 'utf-16le', prefix } }
    ]
  })
}

/** A stream of bytes, such as one of node:fs. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface ScanResult {
  /** Size of the stream in bytes. */
  bytes: number
  findings: ScanFinding[]
  /** Number of occurrences beyond the maximum number of findings. */
  unlisted: number
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
  const bytes = await eachWindow(stream, { overlap: matcher.longestMatch, step }, (window) => {
    matcher.search.run(window.bytes, (pattern, at) => {
      const origin = matcher.origins[pattern]
      if (origin !== undefined && at < window.end) addMatch(matcher, origin, window, at, tally)
    })
  })
  return { bytes, findings: tally.findings(), unlisted: tally.unlisted() }
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
    const { secret, encoding } = origin.needle
    tally.add({ secret }, encoding, offset + at)
    return
  }
  const { family, encoding, prefix } = origin
  const width = encoding === 'latin-1' ? 1 : 2
  if (!hasRun(bytes, at + prefix * width, width, family.run)) return
  const charset = encoding === 'latin-1' ? 'latin1' : 'utf16le'
  const match = family.pattern.exec(bytes.toString(charset, at, at + family.longest * width))
  if (match === null || !family.isReal(match)) return
  tally.add({ family: family.id, digest: matcher.digest(match[0]) }, encoding, offset + at)
}

/** Marks the bytes that Family.run counts: letters, digits, `-`, `_` and `.`. */
const IS_IN_RUN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w.-]/.test(String.fromCharCode(byte)) ? 1 : 0
)

/** Returns whether `run` characters of `width` bytes each are characters that Family.run counts. */
function hasRun(bytes: Buffer, start: number, width: number, run: number): boolean {
  for (let at = start; at < start + run * width; at += width) {
    if (IS_IN_RUN[bytes[at] ?? 0] !== 1) return false
  }
  return true
}

interface Window {
  /** Bytes of the section; their memory is aligned to 4 bytes, and valid during the call only. */
  bytes: Buffer
  offset: number
  /** Index in `bytes` from which on matches belong to the next window, which contains them too. */
  end: number
}

interface WindowSizes {
  /** Bytes that follow each start of a match in its window, unless the stream ends. */
  overlap: number
  /** New bytes of each window. */
  step: number
}

/**
 * Passes a stream to `visit` in overlapping windows: everything of at most `overlap` bytes is completely in the window in which it
 * starts. The memory is that of one window. Returns the size of the stream in bytes.
 */
async function eachWindow(
  stream: ByteStream,
  { overlap, step }: WindowSizes,
  visit: (window: Window) => void
): Promise<number> {
  const size = overlap + step
  const memory = Buffer.allocUnsafeSlow(Math.ceil(size / 4) * 4)
  let offset = 0
  let filled = 0
  for await (const piece of stream) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + size - filled)
      memory.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled < size) continue
      visit({ bytes: memory.subarray(0, filled), offset, end: step })
      memory.copyWithin(0, step, filled)
      offset += step
      filled -= step
    }
  }
  visit({ bytes: memory.subarray(0, filled), offset, end: filled })
  return offset + filled
}
