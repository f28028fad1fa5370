import type { ByteReader } from '../../lib/byte-reader.js'
import { BZIP2_END, BZIP2_HEADER, formatOf } from '../../lib/formats.js'
import { framed, type Frames } from './frames.js'

/** Returns the bytes of the next streams of bzip2, and consumes nothing after them. */
export async function* streamsOfBzip2(reader: ByteReader): AsyncGenerator<Buffer> {
  while (formatOf(await reader.peek(BZIP2_HEADER)) === 'bzip2') yield* framed(reader, framesOfBzip2())
}

/** Size of a mark of the end in bytes, with the bits around it that belong to other bytes. */
const MARK = 7
/** Bits of the mark of the end and of the checksum behind it. */
const BITS_OF_END = 80

/** The mark of the end at each of the eight bits of a byte at which it can begin, since the parts of a stream have any number of bits. */
const MARKS = Array.from({ length: 8 }, (_, shift) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(`0x${BZIP2_END}`) << BigInt(8 - shift))
  return { shift, bytes: bytes.subarray(1), first: 0xff >> shift, last: (0xff00 >> shift) & 0xff }
})

/** Returns the stream as parts of any size: only its end has a mark, at any bit. */
function* framesOfBzip2(): Frames {
  let next = yield 0
  for (;;) {
    const end = endIn(next)
    if (end !== undefined) {
      yield end
      return
    }
    next = yield next.length < MARK ? next.length : next.length - MARK + 1
  }
}

/** Returns the length of the bytes up to the end of the stream; undefined if they have no mark of it. */
function endIn(bytes: Buffer): number | undefined {
  const ends = MARKS.flatMap((mark) => {
    // The bytes in the middle belong to the mark alone.
    const middle = mark.bytes.subarray(1, -1)
    const isAt = (at: number): boolean =>
      ((bytes[at - 1] ?? 0) & mark.first) === (mark.bytes[0] ?? 0) &&
      ((bytes[at + middle.length] ?? 0) & mark.last) === (mark.bytes.at(-1) ?? 0)
    let at = bytes.indexOf(middle, 1)
    while (at >= 0 && !isAt(at)) at = bytes.indexOf(middle, at + 1)
    return at < 0 ? [] : [at - 1 + Math.ceil((mark.shift + BITS_OF_END) / 8)]
  })
  return ends.length === 0 ? undefined : Math.min(...ends)
}
