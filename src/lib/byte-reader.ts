/** Reads a stream of pieces of any size by numbers of bytes, with look-ahead. */
export interface ByteReader {
  /** Number of bytes that were consumed so far. */
  readonly position: number
  /** Bytes that are in memory: read from the stream, and not consumed. */
  readonly buffered: Buffer
  /** Reads ahead; returns at least `length` bytes unless the stream ends, without consuming them. */
  peek(length: number): Promise<Buffer>
  /** Consumes bytes that are in memory. */
  skip(length: number): void
  /** Puts bytes back in front of those that are next: the last ones that were consumed. */
  putBack(bytes: Buffer): void
  /** Returns the next `length` bytes, or all up to the end of the stream. */
  pieces(length?: number): AsyncGenerator<Buffer>
}

export function createByteReader(stream: AsyncIterable<unknown> | Iterable<unknown>): ByteReader {
  const source = iteratorOf(stream)
  let buffered: Buffer = Buffer.alloc(0)
  let position = 0
  let ended = false

  async function more(length: number): Promise<void> {
    const parts = [buffered]
    let total = buffered.length
    while (total < length && !ended) {
      const next = await source.next()
      if (next.done === true) {
        ended = true
        break
      }
      const piece = asBuffer(next.value as Uint8Array)
      parts.push(piece)
      total += piece.length
    }
    buffered = Buffer.concat(parts.filter(({ length: bytes }) => bytes > 0))
  }

  const reader: ByteReader = {
    get position() {
      return position
    },
    get buffered() {
      return buffered
    },
    async peek(length) {
      if (buffered.length < length && !ended) await more(length)
      return buffered
    },
    skip(length) {
      buffered = buffered.subarray(length)
      position += length
    },
    putBack(bytes) {
      buffered = Buffer.concat([bytes, buffered])
      position -= bytes.length
    },
    async *pieces(length = Infinity) {
      for (let left = length; left > 0;) {
        const piece = (await reader.peek(1)).subarray(0, left)
        if (piece.length === 0) return
        left -= piece.length
        reader.skip(piece.length)
        yield piece
      }
    }
  }
  return reader
}

/** Maximum size of a content that is one buffer, in bytes. */
const SMALL = 64 * 1024

/** Returns the next `length` bytes: small ones as one buffer, which is already consumed. */
export async function contentOf(
  reader: ByteReader,
  length: number
): Promise<[Buffer] | AsyncGenerator<Buffer>> {
  if (length > SMALL) return reader.pieces(length)
  const bytes = (await reader.peek(length)).subarray(0, length)
  reader.skip(bytes.length)
  return [bytes]
}

/** Reads the rest of a stream, and drops it. */
export async function drain(bytes: AsyncGenerator<Buffer>): Promise<void> {
  while (!(await bytes.next()).done);
}

function iteratorOf(stream: AsyncIterable<unknown> | Iterable<unknown>): {
  next: () => Promise<IteratorResult<unknown>> | IteratorResult<unknown>
} {
  return Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]()
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
