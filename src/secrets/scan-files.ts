import { Failure } from '../lib/errors.js'
import type { Finding, Place } from './findings.js'
import type { Matcher } from './matcher.js'
import { scan } from './scan.js'
import type { Pieces } from './windows.js'

/** Anything with a name and a content, such as a file of an image or one of its labels. */
export interface Content {
  /** Path in the container, or what else it is. */
  name: string
  /** That it is in, where it is in one. */
  layer?: string
  bytes: Pieces
}

export interface FilesScanned {
  findings: Finding[]
  /** Occurrences beyond the findings that are listed. */
  unlisted: number
  /** Bytes of each file, by its name. */
  sizes: Map<string, number>
}

/** Part of the JVM's memory that a byte of a file belongs to. */
export type Locate = (file: string, offset: number) => string | undefined

/** Between two files, so that no match reaches from one into the next: no pattern has zeros like these. */
const GAP = Buffer.alloc(8)
/** What a name that holds a secret itself is called. */
const WITHHELD = '(a name that holds it)'

/**
 * Scans files in one pass, their names too; a name that holds a secret is not in the result. The matcher's canary is behind the
 * last file: a pass that does not find it there is a Failure, since what it did not find elsewhere means nothing.
 */
export async function scanFiles(
  files: AsyncIterable<Content> | Iterable<Content>,
  matcher: Matcher,
  locate: Locate = () => undefined
): Promise<FilesScanned> {
  const starts: { at: number; name: string; layer: string | undefined; of: 'name' | 'content' }[] = []
  const sizes = new Map<string, number>()

  async function* stream(): AsyncGenerator<Uint8Array> {
    let at = 0
    async function* part(
      { name, layer, bytes }: Content,
      of: 'name' | 'content'
    ): AsyncGenerator<Uint8Array> {
      starts.push({ at, name, layer, of })
      for await (const piece of bytes) {
        at += piece.length
        yield piece
      }
      at += GAP.length
      yield GAP
    }
    for await (const file of files) {
      const { name } = file
      yield* part({ ...file, bytes: [Buffer.from(name)] }, 'name')
      const begin = at
      yield* part(file, 'content')
      sizes.set(name, (sizes.get(name) ?? 0) + at - begin - GAP.length)
    }
    const { name, value } = matcher.canary
    yield* part({ name, bytes: [Buffer.from(value)] }, 'content')
  }

  function placeOf(offset: number): Place {
    let low = 0
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >>> 1
      if ((starts[middle]?.at ?? Infinity) <= offset) low = middle
      else high = middle
    }
    const { at = 0, name = '', layer, of } = starts[low] ?? {}
    return { file: name, mapping: of === 'name' ? 'its name' : locate(name, offset - at), layer }
  }

  const { findings, unlisted } = await scan(stream(), matcher, undefined, placeOf)
  // It is random: nothing else has it.
  const isCanary = (finding: Finding): boolean =>
    'secret' in finding && finding.secret === matcher.canary.name
  if (!findings.some(isCanary)) {
    throw new Failure('internal', 'The scan for secrets did not find what was planted for it.', {
      fix: 'Please open an issue with the log of this step.'
    })
  }
  return {
    findings: await withheld(
      findings.filter((one) => !isCanary(one)),
      matcher
    ),
    unlisted,
    sizes
  }
}

/** Names of files come from the container, and can be secrets themselves. */
async function withheld(findings: Finding[], matcher: Matcher): Promise<Finding[]> {
  const shown = new Map<string, string>()
  for (const { place } of findings) {
    if (place === undefined || shown.has(place.file)) continue
    const inName = await scan([Buffer.from(place.file)], matcher, 1024)
    shown.set(place.file, inName.findings.length > 0 ? WITHHELD : place.file)
  }
  return findings.map((finding) => {
    const { place } = finding
    return place === undefined
      ? finding
      : { ...finding, place: { ...place, file: shown.get(place.file) ?? WITHHELD } }
  })
}
