import { createByteReader, type ByteReader } from '../../lib/byte-reader.js'
import { formatOf, HEAD, LOCAL_FILE, otherFormatOf } from '../../lib/formats.js'
import type { NamedContent } from '../scan-files.js'
import { argumentsOf, memoryOf, unpackedBy, type ProgramFormat } from './by-program.js'
import type { Opener } from './opener.js'
import { partsOfTar } from './tar.js'
import { DamagedError, gunzipped, PIECE } from './unpack.js'
import { partsOfZip } from './zip.js'
import { unzstd, windowOf } from './zstd.js'

/** Maximum depth of archives in archives. */
const DEEPEST = 32
/** Maximum length of a name of a file in archives, in characters; the scan reads the whole name. */
const LONGEST_NAME = 400

/** How many times as large as its packed data a file can be; text is 5 to 20 times as large. */
const MOST_TIMES = 100
/** Size in bytes up to which a file can be any number of times as large. */
const FREE = 1024 * 1024

const TOO_MUCH_MEMORY = 'it needs more memory to unpack than is used'

/**
 * Returns the content of a file, and if it is an archive or packed, what is in it, at any depth, with names such as
 * `/app.jar!/lib/inner.jar!/application.yml`. The formats are known by the content. What cannot be opened is scanned as it is, and noted in
 * the opener. Zip archives can have anything in front, such as a launch script.
 */
export async function* contentsOf(
  file: NamedContent,
  opener: Opener,
  depth = 0
): AsyncGenerator<NamedContent> {
  if (isPlain(file.bytes)) {
    yield file
    return
  }
  const reader = createByteReader(file.bytes)
  const head = await reader.peek(HEAD)
  const format = formatOf(head)
  const section = (bytes: NamedContent['bytes']): NamedContent => ({ ...file, continued: true, bytes })
  const within = ({ name, attributes, bytes }: Inner): NamedContent[] | AsyncGenerator<NamedContent> => {
    const inner = { ...file, name: shortened(`${file.name}!/${name}`), attributes, continued: false, bytes }
    // Archives have tens of thousands of small files.
    return isPlain(bytes) ? [inner] : contentsOf(inner, opener, depth + 1)
  }

  // The header of packed data can have a name and a comment.
  yield { ...file, bytes: format === 'gzip' ? [Buffer.from(head.subarray(0, HEAD))] : [] }
  const other = otherFormatOf(head)
  if (other !== undefined) opener.note(file.name, other)
  if (format !== undefined && depth >= DEEPEST)
    opener.note(file.name, `more than ${DEEPEST} archives in one another`)
  else if (format === 'tar') {
    for await (const part of partsOfTar(reader)) {
      if (part.kind === 'file') yield* within(part)
      else yield section(part.bytes)
      if (!mayGoOn(file.name, opener)) break
    }
  } else if (format === 'gzip') {
    yield* contentsOf(section(metered(file.name, gunzipped(reader), reader, opener)), opener, depth + 1)
  } else if (format === 'zstd' || format === 'xz' || format === 'bzip2') {
    const release = opener.hold(format === 'zstd' ? windowOf(head) : memoryOf(format, head))
    const unpacked = release ? unpackedAs(format, head, reader, opener) : TOO_MUCH_MEMORY
    if (typeof unpacked === 'string') opener.note(file.name, unpacked)
    else yield* contentsOf(section(metered(file.name, unpacked, reader, opener)), opener, depth + 1)
    release?.()
  } else {
    for await (const part of partsOfZip(reader, (packed, size) => held(packed, size, opener))) {
      if (part.kind === 'gap') {
        if (part.unopened) opener.note(`${file.name}!/${part.unopened.name}`, part.unopened.reason)
        yield section(part.bytes)
      } else if (part.stored || (Array.isArray(part.bytes) && opener.spend(part.bytes[0].length))) {
        yield* within(part)
      } else {
        yield* within({ ...part, bytes: metered(`${file.name}!/${part.name}`, part.bytes, reader, opener) })
      }
      if (!mayGoOn(file.name, opener)) break
    }
  }
  if ((await reader.peek(1)).length > 0) yield section(reader.pieces())
}

/** Returns the content of packed data; the reason where it cannot be unpacked. */
function unpackedAs(
  format: 'zstd' | ProgramFormat,
  head: Buffer,
  reader: ByteReader,
  opener: Opener
): AsyncGenerator<Buffer> | string {
  if (format === 'zstd') return unzstd(reader, Infinity, opener.move)
  const program = opener.start(format, argumentsOf(format, memoryOf(format, head)))
  return typeof program === 'string' ? program : unpackedBy(program, format, reader)
}

/** Counts a part of an archive; returns whether the next one is opened too. */
function mayGoOn(archive: string, opener: Opener): boolean {
  if (opener.enter()) return true
  opener.note(archive, 'more files in archives than are searched one by one')
  return false
}

/** Unpacks zstd in the next `length` bytes, if there is memory for it. */
async function* held(reader: ByteReader, length: number | undefined, opener: Opener): AsyncGenerator<Buffer> {
  const release = opener.hold(windowOf(await reader.peek(HEAD)))
  if (!release) throw new DamagedError(TOO_MUCH_MEMORY, TOO_MUCH_MEMORY)
  try {
    yield* unzstd(reader, length, opener.move)
  } finally {
    release()
  }
}

type Inner = Pick<NamedContent, 'name' | 'attributes' | 'bytes'>

/** Returns whether a content is in memory, and neither packed nor an archive; most files are. */
function isPlain(bytes: NamedContent['bytes']): boolean {
  return (
    Array.isArray(bytes) &&
    bytes.every(
      (piece: Buffer) =>
        formatOf(piece) === undefined && otherFormatOf(piece) === undefined && !piece.includes(LOCAL_FILE)
    )
  )
}

/** Returns unpacked data up to where it is damaged, or too much for the opener. */
async function* metered(
  name: string,
  bytes: AsyncIterable<Buffer> | Iterable<Buffer>,
  reader: ByteReader,
  opener: Opener
): AsyncGenerator<Buffer> {
  const start = reader.position
  let size = 0
  try {
    for await (const piece of bytes) {
      size += piece.length
      const packed = reader.position - start + PIECE
      const reason =
        size > FREE && size > packed * MOST_TIMES
          ? `more than ${MOST_TIMES} times as large as its packed data`
          : opener.spend(piece.length)
            ? undefined
            : 'more unpacked data in the image than is searched'
      if (reason !== undefined) {
        opener.note(name, reason)
        return
      }
      yield piece
    }
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error
    opener.note(name, error.reason)
  }
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME
    ? name
    : `${name.slice(0, LONGEST_NAME / 2)}...${name.slice(-LONGEST_NAME / 2)}`
}
