import { Failure } from '../lib/errors.js'
import type { FileLocation, ScanFinding } from './scanner/findings.js'
import { createSections, type Section } from './sections.js'
import { scan, type ByteStream, type SecretMatcher } from './scanner/scan.js'

/** A text with a name, such as a file of an image or one of its labels. */
export interface NamedContent {
  /** Path in the container, or another name. */
  name: string
  layer?: string
  /** Further texts that belong to the file, such as extended attributes. */
  attributes?: Buffer | undefined
  /** Whether this is a further section of the content before it, whose name was scanned. */
  continued?: boolean
  bytes: ByteStream
}

export interface FilesScanned {
  findings: ScanFinding[]
  /** Number of occurrences beyond the maximum number of findings, and of beginnings of tokens beyond their limit. */
  unlisted: number
  /** Number of parts of known values that may be the whole ones, and were not tested. */
  unconfirmed: number
  /** Size of all files in bytes. */
  bytes: number
  /** Sizes of the files that `measured` selects in bytes, by their names. */
  sizes: Map<string, number>
}

export interface ScanFilesOptions {
  locate?: Locate
  /** Returns whether to return the size of a file. */
  measured?: (file: string) => boolean
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
  { locate = () => undefined, measured = () => false }: ScanFilesOptions = {}
): Promise<FilesScanned> {
  const sections = createSections(matcher.before + matcher.after)
  const sizes = new Map<string, number>()
  let total = 0

  async function* stream(): AsyncGenerator<Uint8Array> {
    let at = 0
    function begin({ name, layer }: NamedContent, of: Section['of']): void {
      sections.add({ at, name, layer, of })
    }
    function counted(piece: Uint8Array): Uint8Array {
      at += piece.length
      return piece
    }
    for await (const file of files) {
      const { name, attributes, continued = false } = file
      if (!continued) {
        begin(file, 'name')
        yield counted(Buffer.concat([Buffer.from(name), GAP]))
        if (attributes && attributes.length > 0) {
          begin(file, 'attributes')
          yield counted(Buffer.concat([attributes, GAP]))
        }
      }
      begin(file, 'content')
      const start = at
      if (Array.isArray(file.bytes)) for (const piece of file.bytes as Uint8Array[]) yield counted(piece)
      else for await (const piece of file.bytes) yield counted(piece)
      total += at - start
      if (measured(name)) sizes.set(name, (sizes.get(name) ?? 0) + at - start)
      yield counted(GAP)
    }
    const { name, value } = matcher.canary
    begin({ name, bytes: [] }, 'content')
    yield counted(Buffer.from(value))
  }

  function locationOf(offset: number): FileLocation {
    const { at, name, layer, of } = sections.find(offset)
    return { file: name, mapping: of === 'content' ? locate(name, offset - at) : `its ${of}`, layer }
  }

  const { findings, unlisted, unconfirmed } = await scan(stream(), matcher, undefined, locationOf)
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
    unconfirmed,
    bytes: total,
    sizes
  }
}

/** Replaces names of files that contain a secret: they come from the container. */
async function withheld(findings: ScanFinding[], matcher: SecretMatcher): Promise<ScanFinding[]> {
  const shown = new Map<string, string>()
  for (const { location } of findings) {
    if (location === undefined || shown.has(location.file)) continue
    shown.set(location.file, await withoutSecrets(location.file, matcher))
  }
  return findings.map((finding) => {
    const { location } = finding
    return location === undefined
      ? finding
      : { ...finding, location: { ...location, file: shown.get(location.file) ?? WITHHELD } }
  })
}

/** Returns the name of a file, or a replacement if it contains a secret. */
export async function withoutSecrets(name: string, matcher: SecretMatcher): Promise<string> {
  const { findings } = await scan([Buffer.from(name)], matcher, 1024)
  return findings.length > 0 ? WITHHELD : name
}
