/** A stream whose beginning has been looked at. */
export interface Peeked {
  /** Its first piece; empty where it has none. */
  head: Buffer
  /** All of it, to be read once. */
  all: () => AsyncGenerator<Buffer>
}

/** Looks at the first piece of a stream, to know of what kind it is. */
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
