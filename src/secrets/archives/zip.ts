import { inflateRawSync } from 'node:zlib'
import { contentOf, drain, type ByteReader } from '../../lib/byte-reader.js'
import { formatOf, HEAD, LOCAL_FILE, type Format } from '../../lib/formats.js'
import { inflated } from './unpack.js'

/** Unpacks zstd in the next `length` bytes. */
type Unzstd = (reader: ByteReader, length?: number) => AsyncGenerator<Buffer>

/** A file in a zip archive, or a section of it that belongs to none of its files. */
export type ZipPart = ZipFile | ZipGap

export interface ZipFile {
  kind: 'file'
  name: string
  /** Extra field of the header. */
  attributes: Buffer
  /** Whether the content is stored as it is, also as a file of another format. */
  stored: boolean
  /** Content; reading it throws an error where it is damaged. A small file is one buffer. */
  bytes: AsyncGenerator<Buffer> | [Buffer]
}

export interface ZipGap {
  kind: 'gap'
  /** Name and reason of the file whose packed content is in this section, since it cannot be opened. */
  unopened: { name: string; reason: string } | undefined
  bytes: AsyncGenerator<Buffer>
}

/** Maximum size of a file that is inflated without a stream, in bytes: streams for thousands of small files take several times as long. */
const SMALL = 1024 * 1024
const HEADER = 30

/** Methods with which a file is packed: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.4.5 */
const STORED = 0
const DEFLATED = 8
const ZSTANDARD = [20, 93]
/** Methods whose packed content is a file of a format of its own. */
const FORMATS = new Map<number, Format>([
  [12, 'bzip2'],
  [95, 'xz']
])
const METHODS = new Map([
  [1, 'shrink'],
  [2, 'reduce'],
  [3, 'reduce'],
  [4, 'reduce'],
  [5, 'reduce'],
  [6, 'implode'],
  [9, 'deflate64'],
  [10, 'implode'],
  [12, 'bzip2'],
  [14, 'lzma'],
  [95, 'xz'],
  [97, 'wavpack'],
  [98, 'ppmd'],
  [99, 'encryption']
])
const ENCRYPTED = 1
/** Sizes follow the content. */
const SIZES_LATER = 8
/** Flags that programs set: encryption, two of the method, sizes later, patch, strong encryption, UTF-8, masked. */
const KNOWN_FLAGS = 0x287f

/**
 * Returns the files of a zip archive in the order of their local headers: so it needs no directory and no memory, and a launch
 * script in front, a damaged file or a wrong directory ends nothing. Everything else (such as the directory with its comments) is
 * in gaps. The consumer reads the bytes of each part before it requests the next one.
 */
export async function* partsOfZip(reader: ByteReader, unzstd: Unzstd): AsyncGenerator<ZipPart> {
  for (;;) {
    const header = await headerAt(reader)
    if (header === undefined) {
      if (reader.buffered.length === 0) return
      yield* drained({ kind: 'gap', unopened: undefined, bytes: gap(reader) })
      continue
    }
    const { name, attributes, method, flags, size } = header
    reader.skip(header.length)
    const isEncrypted = (flags & ENCRYPTED) !== 0
    const format = isEncrypted || size === undefined ? undefined : FORMATS.get(method)
    const isFile = format !== undefined && formatOf(await reader.peek(HEAD)) === format
    const reason = isEncrypted ? 'encryption' : METHODS.get(method)
    if (reason !== undefined && !isFile) {
      yield* drained({ kind: 'gap', unopened: { name, reason }, bytes: gap(reader) })
    } else if (method === STORED || isFile) {
      // Without a size its content is a gap, in which files of a stored archive have their headers.
      yield { kind: 'file', name, attributes, stored: true, bytes: await contentOf(reader, size ?? 0) }
    } else {
      const bytes =
        method === DEFLATED
          ? ((await inflatedAtOnce(reader, size)) ?? inflated(reader, size))
          : unzstd(reader, size)
      yield { kind: 'file', name, attributes, stored: false, bytes }
      await skipDescriptor(reader)
    }
  }
}

interface LocalHeader {
  length: number
  name: string
  attributes: Buffer
  method: number
  flags: number
  /** Packed size in bytes; undefined if it follows the content. */
  size: number | undefined
}

/** Returns the header of a file at the position of the reader; undefined if there is none. */
async function headerAt(reader: ByteReader): Promise<LocalHeader | undefined> {
  const fixed = await reader.peek(HEADER)
  if (!isHeader(fixed)) return undefined
  const nameEnd = HEADER + fixed.readUInt16LE(26)
  const length = nameEnd + fixed.readUInt16LE(28)
  const bytes = await reader.peek(length)
  if (bytes.length < length) return undefined
  const attributes = Buffer.from(bytes.subarray(nameEnd, length))
  const flags = bytes.readUInt16LE(6)
  const packed = bytes.readUInt32LE(18)
  const size = packed === 0xffffffff ? zip64Size(attributes) : packed
  const method = bytes.readUInt16LE(8)
  return {
    length,
    name: bytes.toString('utf8', HEADER, nameEnd),
    attributes,
    method,
    flags,
    // Packed data of no bytes does not exist.
    size: packed === 0 && ((flags & SIZES_LATER) !== 0 || method !== STORED) ? undefined : size
  }
}

/** Returns whether bytes are a plausible header: the magic number alone is in many programs. */
function isHeader(bytes: Buffer, at = 0): boolean {
  if (bytes.length < at + HEADER || bytes.compare(LOCAL_FILE, 0, 4, at, at + 4) !== 0) return false
  const method = bytes.readUInt16LE(at + 8)
  const known = method === STORED || method === DEFLATED || ZSTANDARD.includes(method) || METHODS.has(method)
  const version = bytes[at + 4] ?? 0
  return known && version <= 63 && (bytes.readUInt16LE(at + 6) & ~KNOWN_FLAGS) === 0
}

/** Returns the packed size of a large file: section 4.5.3. */
function zip64Size(extra: Buffer): number | undefined {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1 && at + 20 <= extra.length) return Number(extra.readBigUInt64LE(at + 12))
  }
  return undefined
}

async function* drained(part: ZipGap): AsyncGenerator<ZipGap> {
  yield part
  await drain(part.bytes)
}

/** Returns the bytes up to the next header of a file, at least one. */
async function* gap(reader: ByteReader): AsyncGenerator<Buffer> {
  for (let from = 1; ; from = 0) {
    const bytes = await reader.peek(HEADER)
    const end = bytes.length === 0 ? 0 : nextHeader(bytes, from)
    if (end === 0) return
    reader.skip(end)
    yield bytes.subarray(0, end)
  }
}

/** Returns the index of the next header, or of what can be the beginning of one; the number of bytes if the file ends without one. */
function nextHeader(bytes: Buffer, from: number): number {
  const isEnd = bytes.length < HEADER
  for (let at = bytes.indexOf(LOCAL_FILE, from); at >= 0; at = bytes.indexOf(LOCAL_FILE, at + 1)) {
    if (isHeader(bytes, at) || (!isEnd && at + HEADER > bytes.length)) return at
  }
  return isEnd ? bytes.length : bytes.length - LOCAL_FILE.length + 1
}

/** Returns a small file; undefined if it is large or damaged, without consuming anything. */
async function inflatedAtOnce(reader: ByteReader, size: number | undefined): Promise<[Buffer] | undefined> {
  for (let length = Math.min(size ?? 64 * 1024, SMALL); ; length = Math.min(length * 4, SMALL)) {
    const packed = await reader.peek(length)
    try {
      const { buffer, engine } = inflateRawSync(packed.subarray(0, size), {
        maxOutputLength: SMALL,
        info: true
      }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
      reader.skip(engine.bytesWritten)
      return [buffer]
    } catch (error) {
      const short = (error as { code?: string }).code === 'Z_BUF_ERROR'
      if (!short || size !== undefined || packed.length < length || length === SMALL) return undefined
    }
  }
}

/** Skips the sizes that follow the content of a file, of 4 or 8 bytes each: section 4.3.9. */
async function skipDescriptor(reader: ByteReader): Promise<void> {
  const bytes = await reader.peek(26)
  const isAt = (at: number, magic: string): boolean =>
    bytes.toString('latin1', at, at + magic.length) === magic
  if (isAt(0, 'PK\x07\x08')) reader.skip(!isAt(16, 'PK') && isAt(24, 'PK') ? 24 : Math.min(16, bytes.length))
}
