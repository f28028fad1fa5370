import { Failure } from '../lib/errors.js'
import type { FileLocation, ScanFinding } from './scanner/findings.js'
import { scan, type ByteStream, type SecretMatcher } from './scanner/scan.js'

/** A text with a name, such as a file of an image or one of its labels. */
export interface NamedContent {
  /** Path in the container, or another name. */
  name: string
  layer?: string
  bytes: ByteStream
}

export interface FilesScanned {
  findings: ScanFinding[]
  /** Number of occurrences beyond the maximum number of findings. */
  unlisted: number
  /** Size of each file in bytes, by its name. */
  sizes: Map<string, number>
}

/** Returns the part of the JVM's memory that a byte of a file belongs to; undefined where it is not known. */
export type Locate = (file: string, offset: number) => string | undefined

/** Bytes between two files that are in no pattern, so that no match extends from one file into the next. */
const GAP = Buffer.alloc(8)
/** Replacement for the name of a file that contains a secret. */
const WITHHELD = '(a file name that contains the secret)'

/**
 * Scans files and their names in one pass; the result contains no name that contains a secret. The canary of the matcher follows
 * the last file: a pass that does not find it there throws a Failure of category `internal`, since its results would be worthless.
 */
export async function scanFiles(
  files: AsyncIterable<NamedContent> | Iterable<NamedContent>,
  matcher: SecretMatcher,
  locate: Locate = () => undefined
): Promise<FilesScanned> {
  const starts: { at: number; name: string; layer: string | undefined; of: 'name' | 'content' }[] = []
  const sizes = new Map<string, number>()

  async function* stream(): AsyncGenerator<Uint8Array> {
    let at = 0
    async function* part(
      { name, layer, bytes }: NamedContent,
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

  function locationOf(offset: number): FileLocation {
    let low = 0
    for (let high = starts.length; high - low > 1;) {
      const middle = (low + high) >>> 1
      if ((starts[middle]?.at ?? Infinity) <= offset) low = middle
      else high = middle
    }
    const { at = 0, name = '', layer, of } = starts[low] ?? {}
    return { file: name, mapping: of === 'name' ? 'its name' : locate(name, offset - at), layer }
  }

  const { findings, unlisted } = await scan(stream(), matcher, undefined, locationOf)
  // It is random, so the files do not contain it.
  const isCanary = (finding: ScanFinding): boolean =>
    'secret' in finding && finding.secret === matcher.canary.name
  if (!findings.some(isCanary)) {
    throw new Failure(
      'internal',
      'The scan for secrets failed its self-test: it did not find the test value.',
      { fix: 'Please open an issue with the log of this step.' }
    )
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

/** Replaces names of files that contain a secret: they come from the container. */
async function withheld(findings: ScanFinding[], matcher: SecretMatcher): Promise<ScanFinding[]> {
  const shown = new Map<string, string>()
  for (const { location } of findings) {
    if (location === undefined || shown.has(location.file)) continue
    const inName = await scan([Buffer.from(location.file)], matcher, 1024)
    shown.set(location.file, inName.findings.length > 0 ? WITHHELD : location.file)
  }
  return findings.map((finding) => {
    const { location } = finding
    return location === undefined
      ? finding
      : { ...finding, location: { ...location, file: shown.get(location.file) ?? WITHHELD } }
  })
}
