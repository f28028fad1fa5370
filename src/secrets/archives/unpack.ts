import { createGunzip, createInflateRaw } from 'node:zlib'
import type { ByteReader } from '../../lib/byte-reader.js'
import { messageOf } from '../../lib/errors.js'

/** Error of packed data that cannot be unpacked, or not to its end. An error of the stream itself stays as it is. */
export class DamagedError extends Error {
  /** Reason for the report. */
  readonly reason: string

  constructor(message: string, reason = 'damaged') {
    super(message)
    this.reason = reason
  }
}

/** Part of a stream of node:zlib that unpacked() uses. */
export type Engine = ReturnType<typeof createGunzip>

/** Maximum size in bytes of a piece of packed data, and of the pieces that it becomes. */
export const PIECE = 64 * 1024

/** Unpacks gzip of any number of members. Throws a DamagedError; the damaged data is not consumed. */
export function gunzipped(reader: ByteReader): AsyncGenerator<Buffer> {
  return unpacked(reader, createGunzip({ chunkSize: PIECE }), Infinity)
}

/** Unpacks deflate data in the next `length` bytes, and consumes nothing after it. Throws a DamagedError. */
export function inflated(reader: ByteReader, length = Infinity): AsyncGenerator<Buffer> {
  return unpacked(reader, createInflateRaw({ chunkSize: PIECE }), length)
}

/**
 * Passes the next `length` bytes to an engine, one piece at a time, until the packed data ends. What the engine does not use is not
 * consumed.
 */
export async function* unpacked(reader: ByteReader, engine: Engine, length: number): AsyncGenerator<Buffer> {
  const closed = new Promise<void>((resolve) => engine.once('close', resolve))
  const end = reader.position + length
  let ofSource: Error | undefined
  let ofEngine: unknown
  async function feed(): Promise<void> {
    while (!engine.destroyed && !engine.readableEnded) {
      const piece = (await reader.peek(1)).subarray(0, Math.min(PIECE, end - reader.position))
      if (engine.destroyed) return
      if (piece.length === 0) {
        engine.end()
        return
      }
      const before = engine.bytesWritten
      const written = new Promise((resolve) => engine.write(piece, resolve))
      await Promise.race([written, closed])
      reader.skip(engine.bytesWritten - before)
    }
  }
  const feeding = feed().catch((error: unknown) => {
    ofSource = error instanceof Error ? error : new Error(messageOf(error))
    engine.destroy()
  })
  try {
    for await (const piece of engine) yield piece as Buffer
  } catch (error) {
    ofEngine = error
  } finally {
    engine.destroy()
    await feeding
  }
  if (ofSource !== undefined) throw ofSource
  if (ofEngine !== undefined) throw new DamagedError(messageOf(ofEngine))
}
