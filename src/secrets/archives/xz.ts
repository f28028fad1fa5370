import type { ByteReader } from '../../lib/byte-reader.js'
import { formatOf } from '../../lib/formats.js'
import { framed, type Frames } from './frames.js'

// https://tukaani.org/xz/xz-file-format.txt

/** Size of the header of a stream, and of its footer, in bytes. */
const HEADER = 12
/** Sizes of the check of a block by its type, in bytes: section 2.1.1.2. */
const CHECKS = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]
/** Maximum length of a number in bytes: section 1.2. */
const LONGEST_NUMBER = 9
const LZMA2 = 0x21

/** Returns the bytes of the next streams of xz, and consumes nothing after them. */
export async function* streamsOfXz(reader: ByteReader): AsyncGenerator<Buffer> {
  while (formatOf(await reader.peek(HEADER)) === 'xz') {
    yield* framed(reader, framesOfXz())
    // Zeros may follow a stream, four by four: section 2.2.
    for (let bytes = await reader.peek(4); zerosIn(bytes) >= 4; bytes = await reader.peek(4))
      reader.skip(zerosIn(bytes) & ~3)
  }
}

function zerosIn(bytes: Buffer): number {
  const other = bytes.findIndex((byte) => byte !== 0)
  return other < 0 ? bytes.length : other
}

/** Returns the size of the dictionary of the first block in bytes, which is nearly all of the memory that it needs: section 5.3.1. */
export function windowOfXz(head: Buffer): number {
  const flags = head[HEADER + 1] ?? 0
  let at = HEADER + 2
  const number = (): number => {
    const { value, length } = numberIn(head.subarray(at)) ?? { value: 0, length: 1 }
    at += length
    return value
  }
  for (const size of [0x40, 0x80]) if ((flags & size) !== 0) number()
  for (let filter = 0; filter <= (flags & 3); filter++) {
    const [id, size] = [number(), number()]
    const bits = head[at] ?? 0
    if (id === LZMA2) return (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11)
    at += size
  }
  return 0
}

/** Returns the parts of a stream: so its end is known without unpacking it. */
function* framesOfXz(): Frames {
  let next = yield 0
  const check = CHECKS[(next[7] ?? 0) & 15] ?? 0
  next = yield HEADER
  while (next[0] !== 0) {
    next = yield ((next[0] ?? 0) + 1) * 4
    let size = 0
    for (let last = false; !last;) {
      last = next[0] === 0
      const length = chunkLength(next)
      if (length === undefined) return
      size += length
      next = yield length
    }
    next = yield padding(size) + check
  }
  // The index has a number of records, and two numbers for each: section 4.
  let size = 1
  next = yield size
  for (let left = 1, records: number | undefined; left > 0; left--) {
    const number = numberIn(next)
    if (number === undefined) return
    if (records === undefined) left += 2 * (records = number.value)
    size += number.length
    next = yield number.length
  }
  yield padding(size) + 4
  yield HEADER
}

/** https://en.wikipedia.org/wiki/Lempel%E2%80%93Ziv%E2%80%93Markov_chain_algorithm#LZMA2_format; the only format at the end of filters. */
function chunkLength(bytes: Buffer): number | undefined {
  const control = bytes[0] ?? 0
  if (control === 0) return 1
  if (bytes.length < 6 || (control > 2 && control < 0x80)) return undefined
  if (control < 0x80) return 4 + bytes.readUInt16BE(1)
  return (control < 0xc0 ? 6 : 7) + bytes.readUInt16BE(3)
}

function padding(size: number): number {
  return (4 - (size % 4)) % 4
}

/** Returns the number at the beginning of bytes: section 1.2; undefined if there is none. */
function numberIn(bytes: Buffer): { value: number; length: number } | undefined {
  let value = 0
  for (let at = 0; at < Math.min(bytes.length, LONGEST_NUMBER); at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 0x7f) * 128 ** at
    if (byte < 0x80) return { value, length: at + 1 }
  }
  return undefined
}
