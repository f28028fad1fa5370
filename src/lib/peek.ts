import { createByteReader } from './byte-reader.js'

/** A stream whose first bytes have been read. */
export interface Peeked {
  /** The first bytes: at least as many as requested, or the whole stream if it is shorter. */
  head: Buffer
  /** Returns the whole stream, including the first bytes; it can be read once. */
  all: () => AsyncGenerator<Buffer>
}

/** Reads at least the first `length` bytes of a stream, which show its format, whatever the sizes of its pieces are. */
export async function peek(stream: AsyncIterable<unknown>, length: number): Promise<Peeked> {
  const reader = createByteReader(stream)
  const head = await reader.peek(length)
  return { head, all: () => reader.pieces() }
}
