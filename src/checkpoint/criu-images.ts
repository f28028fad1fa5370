/**
 * Reads what is needed of CRIU's image files: two u32 magics, then records of a u32 size and a protobuf
 * message. https://github.com/checkpoint-restore/criu/blob/criu-dev/criu/include/magic.h and images/*.proto
 */

const COMMON_MAGIC = 0x54564319
const SERVICE_MAGIC = 0x55105940
const PAGEMAP_MAGIC = 0x56084025
const STATS_MAGIC = 0x57093306

const PAGE_SIZE = 4096
/** pagemap_entry.flags: the pages are in this image, not in a parent's. */
const PAGE_PRESENT = 4

/** A field of a protobuf message: a number, or the bytes of a nested message. */
type Field = { number: number; value: number | Buffer }

/** Times of a dump, in microseconds, and pages of 4096 bytes. */
export interface DumpStatistics {
  freezingTime: number
  frozenTime: number
  memdumpTime: number
  memwriteTime: number
  pagesWritten: number
}

/** What a pagemap says of its pages file: `pages-<pagesId>.img` must have `size` bytes. */
export interface Pagemap {
  pagesId: number
  size: number
}

export class ImageFormatError extends Error {}

export function readDumpStatistics(image: Buffer): DumpStatistics {
  const [record] = records(image, SERVICE_MAGIC, STATS_MAGIC)
  const dump = record && fields(record).find((field) => field.number === 1)?.value
  if (!Buffer.isBuffer(dump)) throw new ImageFormatError('stats-dump holds no statistics of a dump')
  const values = new Map(fields(dump).map((field) => [field.number, field.value]))
  const numberOf = (field: number): number => Number(values.get(field) ?? 0)
  return {
    freezingTime: numberOf(1),
    frozenTime: numberOf(2),
    memdumpTime: numberOf(3),
    memwriteTime: numberOf(4),
    pagesWritten: numberOf(7)
  }
}

/** How long CRIU's restore took by its own account (stats-restore), in milliseconds. */
export function readRestoreTime(image: Buffer): number {
  const [record] = records(image, SERVICE_MAGIC, STATS_MAGIC)
  const restore = record && fields(record).find((field) => field.number === 2)?.value
  if (!Buffer.isBuffer(restore)) throw new ImageFormatError('stats-restore holds no statistics of a restore')
  return Number(fields(restore).find((field) => field.number === 4)?.value ?? 0) / 1000
}

export function readPagemap(image: Buffer): Pagemap {
  const [head, ...entries] = records(image, COMMON_MAGIC, PAGEMAP_MAGIC)
  const pagesId = head && fields(head).find((field) => field.number === 1)?.value
  if (typeof pagesId !== 'number') throw new ImageFormatError('a pagemap without the id of its pages')
  let pages = 0
  for (const entry of entries) {
    const values = new Map(fields(entry).map((field) => [field.number, Number(field.value)]))
    const flags = values.get(4)
    const present = flags === undefined ? values.get(3) !== 1 : (flags & PAGE_PRESENT) !== 0
    // Field 5 replaced the 32-bit field 2 in 2025.
    if (present) pages += values.get(5) ?? values.get(2) ?? 0
  }
  return { pagesId, size: pages * PAGE_SIZE }
}

function records(image: Buffer, ...magics: number[]): Buffer[] {
  const found: Buffer[] = []
  magics.forEach((magic, index) => {
    if (image.length < 4 * (index + 1) || image.readUInt32LE(4 * index) !== magic) {
      throw new ImageFormatError('not a CRIU image of the expected kind')
    }
  })
  let offset = 4 * magics.length
  while (offset < image.length) {
    if (offset + 4 > image.length) throw new ImageFormatError('the image ends inside a record')
    const end = offset + 4 + image.readUInt32LE(offset)
    if (end > image.length) throw new ImageFormatError('the image ends inside a record')
    found.push(image.subarray(offset + 4, end))
    offset = end
  }
  return found
}

// https://protobuf.dev/programming-guides/encoding/
function fields(message: Buffer): Field[] {
  const found: Field[] = []
  let offset = 0

  function varint(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[offset++]
      if (byte === undefined || shift > 63n) throw new ImageFormatError('the message ends inside a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(value)
    }
  }
  function bytes(length: number): Buffer {
    if (offset + length > message.length) throw new ImageFormatError('the message ends inside a field')
    offset += length
    return message.subarray(offset - length, offset)
  }

  while (offset < message.length) {
    const key = varint()
    const number = Math.floor(key / 8)
    const wireType = key % 8
    if (wireType === 0) found.push({ number, value: varint() })
    else if (wireType === 1) found.push({ number, value: Number(bytes(8).readBigUInt64LE()) })
    else if (wireType === 2) found.push({ number, value: bytes(varint()) })
    else if (wireType === 5) found.push({ number, value: bytes(4).readUInt32LE() })
    else throw new ImageFormatError(`unknown wire type ${wireType}`)
  }
  return found
}
