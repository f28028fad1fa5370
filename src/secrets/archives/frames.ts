import type { ByteReader } from '../../lib/byte-reader.js'

/**
 * The parts of a packed stream: returns their sizes in bytes, one after the other, and gets the bytes from the next part on, at least
 * AHEAD of them unless the file ends. It returns where the stream ends, or where its format is broken.
 */
export type Frames = Generator<number, void, Buffer>

/** Number of bytes from the next part on that Frames gets. */
const AHEAD = 16

/** Returns the bytes of one packed stream in the next `length` bytes, and consumes nothing after it. */
export async function* framed(reader: ByteReader, frames: Frames, length = Infinity): AsyncGenerator<Buffer> {
  const end = reader.position + length
  /** Number of bytes of the part that was begun. */
  let left = 0
  for (let ended = false; !ended;) {
    const bytes = (await reader.peek(AHEAD)).subarray(0, end - reader.position)
    const isLast = bytes.length < AHEAD
    let at = Math.min(left, bytes.length)
    left -= at
    while (!ended && left === 0 && at < bytes.length && (isLast || bytes.length - at >= AHEAD)) {
      const { done = false, value } = frames.next(bytes.subarray(at))
      const size = Math.min(value ?? 0, bytes.length - at)
      ended = done
      at += size
      left = (value ?? 0) - size
    }
    reader.skip(at)
    if (at > 0) yield bytes.subarray(0, at)
    if (isLast && at === bytes.length) return
  }
}
