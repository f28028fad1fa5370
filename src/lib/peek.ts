/** A stream whose first piece has been read. */
export interface Peeked {
  /** The first piece; empty if the stream is empty. */
  head: Buffer
  /** Returns the whole stream, including the first piece; it can be read once. */
  all: () => AsyncGenerator<Buffer>
}

/** Reads the first piece of a stream, which shows its format. */
export async function peek(stream: AsyncIterable<unknown>): Promise<Peeked> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  const first = await pieces.next()
  const head = first.done ? Buffer.alloc(0) : first.value
  return {
    head,
    async *all() {
      if (head.length > 0) yield head
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
    }
  }
}

/** https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1 */
export function isZstandard(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528
}

/** https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1 */
export function isGzip(head: Buffer): boolean {
  return head.length >= 2 && head.readUInt16LE(0) === 0x8b1f
}
