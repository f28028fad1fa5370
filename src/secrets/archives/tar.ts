import { contentOf, drain, type ByteReader } from '../../lib/byte-reader.js'
import { HEAD, isTarHeader } from '../../lib/formats.js'

/** A file of a tar archive, or a section of the archive that belongs to none of its files. */
export type TarPart = TarFile | TarGap

export interface TarFile {
  kind: 'file'
  name: string
  /** Target of a link; undefined for other files. */
  target: string | undefined
  /** Further texts of the header: link target, owner, extended attributes. */
  attributes: Buffer
  /** Size in bytes. */
  size: number
  /** Content; a small file is one buffer. */
  bytes: AsyncGenerator<Buffer> | [Buffer]
}

/** Bytes between two files that are not a header: the archive is damaged there, or something follows its end. */
export interface TarGap {
  kind: 'gap'
  bytes: AsyncGenerator<Buffer>
}

/** Maximum size of an extended header that is read into memory, in bytes. */
const LARGEST_HEADER = 1024 * 1024

/**
 * Returns the files of a tar archive of any age (v7, ustar, GNU, pax). A block that should be a header and is not one is part of a
 * gap, which ends at the next header. The consumer reads the bytes of each part before it requests the next one.
 */
export async function* partsOfTar(reader: ByteReader): AsyncGenerator<TarPart> {
  let extended = NOTHING
  for (;;) {
    const block = (await reader.peek(HEAD)).subarray(0, HEAD)
    if (block.length === 0) return
    if (!isTarHeader(block)) {
      if (isEmpty(block)) reader.skip(block.length)
      else yield* drained({ kind: 'gap', bytes: gap(reader) })
      continue
    }
    const header = Buffer.from(block)
    reader.skip(HEAD)
    const type = header.toString('latin1', 156, 157)
    const size = extended.size ?? numberAt(header, 124, 12)
    if ('xgLK'.includes(type) && size <= LARGEST_HEADER) {
      const content = (await reader.peek(size)).subarray(0, size)
      extended =
        type === 'g'
          ? { ...extended, raw: [...extended.raw, Buffer.from(content)] }
          : extendedBy(extended, type, content)
      reader.skip(content.length)
      await drain(reader.pieces(padding(size)))
      continue
    }
    if (type === 'S') await skipSparseMap(reader, header)
    // Other types have no content, whatever their size is, as in archive/tar of Go.
    const length = '123456'.includes(type) ? 0 : size
    const name = extended.path ?? nameIn(header)
    const target = '12'.includes(type) ? (extended.link ?? textAt(header, 157, 100)) : undefined
    const raw = [...extended.raw, ...(target === undefined ? [] : [Buffer.from(target)]), ...ownersIn(header)]
    const attributes = Buffer.concat(raw.flatMap((text) => [text, Buffer.alloc(1)]))
    extended = NOTHING
    const end = reader.position + length
    yield { kind: 'file', name, target, attributes, size: length, bytes: await contentOf(reader, length) }
    await drain(reader.pieces(end - reader.position))
    // The archive ends in the middle of a file.
    if (reader.position < end) yield { kind: 'gap', bytes: gap(reader) }
    await drain(reader.pieces(padding(length)))
  }
}

interface Extended {
  path?: string | undefined
  link?: string | undefined
  size?: number | undefined
  raw: Buffer[]
}

const NOTHING: Extended = { raw: [] }

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header"; L and K are long names of GNU. */
function extendedBy(before: Extended, type: string, content: Buffer): Extended {
  const raw = [...before.raw, Buffer.from(content)]
  const text = content.toString('utf8')
  if (type === 'L') return { ...before, path: text.replace(/\0.*/s, ''), raw }
  if (type === 'K') return { ...before, link: text.replace(/\0.*/s, ''), raw }
  const record = (key: string): string | undefined => recordOf(key).exec(text)?.[1]
  const size = Number(record('size') ?? NaN)
  return {
    path: record('path') ?? before.path,
    link: record('linkpath') ?? before.link,
    size: Number.isSafeInteger(size) && size >= 0 ? size : before.size,
    raw
  }
}

/** Returns the pattern of a record of an extended header, with its value as the first group. */
export function recordOf(key: string): RegExp {
  return new RegExp(`(?:^|\\n)\\d{1,10} ${key}=([^\\n]*)`)
}

async function* drained(part: TarGap): AsyncGenerator<TarGap> {
  yield part
  await drain(part.bytes)
}

async function* gap(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const block = (await reader.peek(HEAD)).subarray(0, HEAD)
    if (block.length === 0 || isTarHeader(block)) return
    reader.skip(block.length)
    yield block
  }
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

function padding(size: number): number {
  return (HEAD - (size % HEAD)) % HEAD
}

/** Skips the map of a sparse file: https://www.gnu.org/software/tar/manual/html_node/Standard.html, oldgnu_header. */
async function skipSparseMap(reader: ByteReader, header: Buffer): Promise<void> {
  let block = header
  for (let flag = 482; block[flag] === 1; flag = 504) {
    block = Buffer.from((await reader.peek(HEAD)).subarray(0, HEAD))
    reader.skip(block.length)
  }
}

function nameIn(header: Buffer): string {
  const name = textAt(header, 0, 100)
  // Only POSIX has a prefix there: GNU has times.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textAt(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Returns the names of owner and group, unless they are those of nearly all files. */
function ownersIn(header: Buffer): Buffer[] {
  if (header.toString('latin1', 257, 262) !== 'ustar') return []
  const names = [textAt(header, 265, 32), textAt(header, 297, 32)]
  return names.filter((name) => name !== '' && name !== 'root').map((name) => Buffer.from(name))
}

function textAt(header: Buffer, at: number, length: number): string {
  return header.toString('utf8', at, at + length).replace(/\0.*/s, '')
}

/** Returns a number: octal digits, or big-endian with the highest bit set (GNU and star). */
function numberAt(header: Buffer, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) !== 0) return header.readUIntBE(at + length - 6, 6)
  return parseInt(textAt(header, at, length).trim(), 8) || 0
}
