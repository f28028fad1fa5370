/** A stretch of a stream. */
export interface Window {
  /** Begins at a multiple of 4 of its memory. Holds for the time of the call only. */
  bytes: Buffer
  /** Where in the stream it begins. */
  offset: number
  /** What starts at or behind this index of `bytes` is in the next window too, and belongs to that one. */
  end: number
}

export interface WindowSizes {
  /** Bytes that whatever starts in a window must have behind its start, unless the stream ends. */
  overlap: number
  /** New bytes of a window. */
  step: number
}

/** Any stream of bytes, such as one of node:fs. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

/**
 * Shows a stream in windows that overlap, so that everything which is at most `overlap` bytes long
 * lies wholly in the window that it starts in. Needs memory for one window. Gives the bytes of the stream.
 */
export async function eachWindow(
  pieces: Pieces,
  { overlap, step }: WindowSizes,
  show: (window: Window) => void
): Promise<number> {
  const memory = Buffer.allocUnsafeSlow(Math.ceil((overlap + step) / 4) * 4)
  const size = overlap + step
  let offset = 0
  let filled = 0
  for await (const piece of pieces) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + size - filled)
      memory.set(part, filled)
      filled += part.length
      taken += part.length
      if (filled < size) continue
      show({ bytes: memory.subarray(0, filled), offset, end: step })
      memory.copyWithin(0, step, filled)
      offset += step
      filled -= step
    }
  }
  show({ bytes: memory.subarray(0, filled), offset, end: filled })
  return offset + filled
}
