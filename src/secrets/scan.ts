import type { Family } from './families.js'
import { createTally, type Finding, type Place, type Tally } from './findings.js'
import type { Matcher } from './matcher.js'
import { eachWindow, type Pieces, type Window } from './windows.js'

/** Bytes read between two passes of the search: the most memory that a scan takes, but for the overlap. */
const STEP = 4 * 1024 * 1024

/** By a byte: 1 for letters, digits, `-`, `_` and `.`. */
const IS_IN_RUN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w.-]/.test(String.fromCharCode(byte)) ? 1 : 0
)

export interface ScanResult {
  /** Bytes of the stream. */
  bytes: number
  findings: Finding[]
  /** Occurrences beyond the findings that are listed. */
  unlisted: number
}

/** Finds the secrets and the tokens in a stream, wherever they lie in it. No value gets into the result. */
export async function scan(
  pieces: Pieces,
  matcher: Matcher,
  step: number = STEP,
  placeOf?: (offset: number) => Place
): Promise<ScanResult> {
  const all = createTally()
  const tally: Pick<Tally, 'add'> = {
    add: (what, encoding, offset) => all.add(what, encoding, offset, placeOf?.(offset))
  }
  const bytes = await eachWindow(pieces, { overlap: matcher.longestMatch, step }, (window) => {
    matcher.search.run(window.bytes, (pattern, at) => {
      if (at < window.end) judge(matcher, pattern, window, at, tally)
    })
  })
  return { bytes, findings: all.findings(), unlisted: all.unlisted() }
}

function judge(
  matcher: Matcher,
  pattern: number,
  { bytes, offset }: Window,
  at: number,
  tally: Pick<Tally, 'add'>
): void {
  const target = matcher.targets[pattern]
  if (target === undefined) return
  if ('needle' in target) {
    const { secret, encoding } = target.needle
    tally.add({ secret }, encoding, offset + at)
  } else {
    const { family, encoding, prefix } = target
    const width = encoding === 'latin-1' ? 1 : 2
    if (!hasRun(bytes, at + prefix * width, width, family.run)) return
    const text = bytes.toString(
      encoding === 'latin-1' ? 'latin1' : 'utf16le',
      at,
      at + family.longest * width
    )
    const token = tokenAt(text, family)
    if (token === undefined) return
    tally.add({ family: family.id, digest: matcher.digest(token) }, encoding, offset + at)
  }
}

/** Whether so many characters of that many bytes each are such as Family.run counts. */
function hasRun(bytes: Buffer, start: number, width: number, run: number): boolean {
  for (let at = start; at < start + run * width; at += width) {
    if (IS_IN_RUN[bytes[at] ?? 0] !== 1) return false
  }
  return true
}

/** The token of the family that the text begins with. */
function tokenAt(text: string, family: Family): string | undefined {
  const match = family.pattern.exec(text)
  return match !== null && family.isReal(match) ? match[0] : undefined
}
