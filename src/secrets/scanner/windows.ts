/** A stream of bytes, such as one of node:fs. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Window {
  /** Bytes of the section; their memory is aligned to 4 bytes, and valid during the call only. */
  bytes: Buffer
  /** Offset of the first byte in the stream: negative at its beginning, where zeros stand in front. */
  offset: number
  /** Index in `bytes` from which on matches belong to this window. */
  begin: number
  /** Index in `bytes` from which on matches belong to the next window, which contains them too. */
  end: number
}

interface WindowSizes {
  /** Bytes in front of each start of a match in its window. */
  before: number
  /** Bytes that follow each start of a match in its window, unless the stream ends. */
  after: number
  /** New bytes of each window. */
  step: number
}

/**
 * Passes a stream to `visit` in overlapping windows: what belongs to a match is completely in the window in which the match starts.
 * The memory is that of one window. Returns the size of the stream in bytes.
 */
export async function eachWindow(
  stream: ByteStream,
  { before, after, step }: WindowSizes,
  visit: (window: Window) => void
): Promise<number> {
  const size = before + step + after
  const memory = Buffer.alloc(Math.ceil(size / 4) * 4)
  let offset = -before
  let filled = before
  for await (const piece of stream) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + size - filled)
      memory.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled < size) continue
      visit({ bytes: memory.subarray(0, filled), offset, begin: before, end: before + step })
      memory.copyWithin(0, step, filled)
      offset += step
      filled -= step
    }
  }
  visit({ bytes: memory.subarray(0, filled), offset, begin: before, end: filled })
  return offset + filled
}
