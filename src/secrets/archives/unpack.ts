import { Decompress } from 'fzstd'
import zlib, { createGunzip, createInflateRaw } from 'node:zlib'
import { drain, type ByteReader } from '../../lib/byte-reader.js'
import { messageOf } from '../../lib/errors.js'
import { isZstandard } from '../../lib/formats.js'

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
type Engine = ReturnType<typeof createGunzip>

/** Maximum size in bytes of a piece of packed data, and of the pieces that it becomes. */
export const PIECE = 64 * 1024
/** Maximum size in bytes of a piece for fzstd: four bytes can become 128 KB. */
const ZSTD_PIECE = 1024
/** Maximum size of the header of a zstd frame in bytes. */
const LONGEST_HEADER = 18
/** Maximum window of zstd in bytes: https://github.com/101arrowz/fzstd#considerations. `zstd -19` and Docker need 8 MB. */
const LARGEST_WINDOW = 32 * 1024 * 1024

/** Unpacks gzip of any number of members. Throws a DamagedError; the damaged data is not consumed. */
export function gunzipped(reader: ByteReader): AsyncGenerator<Buffer> {
  return unpacked(reader, createGunzip({ chunkSize: PIECE }), Infinity)
}

/** Unpacks deflate data in the next `length` bytes, and consumes nothing after it. Throws a DamagedError. */
export function inflated(reader: ByteReader, length = Infinity): AsyncGenerator<Buffer> {
  return unpacked(reader, createInflateRaw({ chunkSize: PIECE }), length)
}

/** Unpacks zstd in the next `length` bytes. Throws a DamagedError, also where the window is too large. */
export async function* unzstd(reader: ByteReader, length = Infinity): AsyncGenerator<Buffer> {
  const window = windowOf(await reader.peek(LONGEST_HEADER))
  if (window > LARGEST_WINDOW) throw new DamagedError(`it needs ${window} bytes of memory`)
  const end = reader.position + length
  // Node 20 does not have it. It is many times faster, and unpacks one frame.
  if ('createZstdDecompress' in zlib) {
    const create = zlib.createZstdDecompress as (options: object) => Engine
    while (reader.position < end && (await isAtFrame(reader)))
      yield* unpacked(reader, create({ chunkSize: PIECE }), end - reader.position)
    return
  }
  const ready: Buffer[] = []
  const engine = new Decompress((piece) => void ready.push(Buffer.from(piece)))
  for (let last = false; !last;) {
    const piece = (await reader.peek(1)).subarray(0, Math.min(ZSTD_PIECE, end - reader.position))
    last = piece.length === 0
    let failure: unknown
    try {
      engine.push(piece, last)
    } catch (error) {
      failure = error
    }
    yield* ready.splice(0)
    if (failure !== undefined) throw new DamagedError(messageOf(failure))
    reader.skip(piece.length)
  }
}

/**
 * Returns whether a frame of zstd is next, and skips frames without data: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2. Throws a
 * DamagedError where the window of the frame is too large.
 */
async function isAtFrame(reader: ByteReader): Promise<boolean> {
  for (;;) {
    const head = await reader.peek(LONGEST_HEADER)
    if (isZstandard(head)) {
      if (windowOf(head) > LARGEST_WINDOW)
        throw new DamagedError(`it needs ${windowOf(head)} bytes of memory`)
      return true
    }
    if (head.length < 8 || head.readUInt32LE(0) >>> 4 !== 0x184d2a5) return false
    await drain(reader.pieces(8 + head.readUInt32LE(4)))
  }
}

/** Returns the window of a zstd frame in bytes: https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1 */
export function windowOf(head: Buffer): number {
  const flags = head[4] ?? 0
  if ((flags & 0x20) === 0) {
    const descriptor = head[5] ?? 0
    const base = 2 ** (10 + (descriptor >> 3))
    return base + (base / 8) * (descriptor & 7)
  }
  // The window is the whole content. Its size follows the id of the dictionary.
  const at = 5 + ([0, 1, 2, 4][flags & 3] ?? 0)
  const size = [1, 2, 4, 6][flags >> 6] ?? 6
  return head.length < at + size ? 0 : head.readUIntLE(at, size)
}

/**
 * Passes the next `length` bytes to an engine, one piece at a time, until the packed data ends. What the engine does not use is not
 * consumed.
 */
async function* unpacked(reader: ByteReader, engine: Engine, length: number): AsyncGenerator<Buffer> {
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
