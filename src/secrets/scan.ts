import type { Family } from './families.js'
import { createTally, type Finding, type Tally } from './findings.js'
import type { Matcher } from './matcher.js'
import { eachWindow, type Pieces, type Window } from './windows.js'

/** Bytes read between two passes of the search: the most memory that a scan takes, but for the overlap. */
const STEP = 4 * 1024 * 1024

/** Characters that Family.start is about. */
const START = 40

export interface ScanResult {
  /** Bytes of the stream. */
  bytes: number
  findings: Finding[]
  /** Occurrences beyond the findings that are listed. */
  unlisted: number
}

/** Finds the secrets and the tokens in a stream, wherever they lie in it. No value gets into the result. */
export async function scan(pieces: Pieces, matcher: Matcher, step: number = STEP): Promise<ScanResult> {
  const tally = createTally()
  const bytes = await eachWindow(pieces, { overlap: matcher.longestMatch, step }, (window) => {
    matcher.search.run(window.bytes, (pattern, at) => {
      if (at < window.end) judge(matcher, pattern, window, at, tally)
    })
  })
  return { bytes, findings: tally.findings(), unlisted: tally.unlisted() }
}

function judge(matcher: Matcher, pattern: number, { bytes, offset }: Window, at: number, tally: Tally): void {
  const target = matcher.targets[pattern]
  if (target === undefined) return
  if ('needle' in target) {
    const { secret, encoding } = target.needle
    tally.add({ secret }, encoding, offset + at)
  } else {
    const { family, encoding } = target
    const read = (length: number): string =>
      encoding === 'latin-1'
        ? bytes.toString('latin1', at, at + length)
        : bytes.toString('utf16le', at, at + length * 2)
    const token = tokenAt(read, family)
    if (token === undefined) return
    tally.add({ family: family.id, digest: matcher.digest(token) }, encoding, offset + at)
  }
}

/** The token of the family that begins here, of which `read` gives the first characters. */
function tokenAt(read: (length: number) => string, family: Family): string | undefined {
  if (family.start !== undefined && !family.start.test(read(START))) return undefined
  const match = family.pattern.exec(read(family.longest))
  return match !== null && family.isReal(match) ? match[0] : undefined
}
