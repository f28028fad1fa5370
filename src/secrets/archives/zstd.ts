import { Decompress } from 'fzstd'
import zlib from 'node:zlib'
import { drain, type ByteReader } from '../../lib/byte-reader.js'
import { messageOf } from '../../lib/errors.js'
import { isZstandard } from '../../lib/formats.js'
import { framed, type Frames } from './frames.js'
import { DamagedError, PIECE, unpacked, type Engine } from './unpack.js'

// https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1

/** Maximum size in bytes of a piece for fzstd: four bytes can become 128 KB. */
const PIECE_OF_FZSTD = 1024
/** Maximum size of the header of a zstd frame in bytes. */
const LONGEST_HEADER = 18
/** Maximum window of zstd in bytes: https://github.com/101arrowz/fzstd#considerations. `zstd -19` and Docker need 8 MB. */
const LARGEST_WINDOW = 32 * 1024 * 1024
const RUN_OF_ONE_BYTE = 1

/**
 * Unpacks zstd in the next `length` bytes. Throws a DamagedError, also where the window of a frame is too large, or `mayMove` refuses the
 * bytes that fzstd moves for a block: it moves the whole window, and a block can have four bytes.
 */
export async function* unzstd(
  reader: ByteReader,
  length = Infinity,
  mayMove: (bytes: number) => boolean = () => true
): AsyncGenerator<Buffer> {
  const end = reader.position + length
  while (reader.position < end && (await isAtFrame(reader))) {
    const left = end - reader.position
    // Node 20 does not have it. It is many times faster, and unpacks one frame.
    if ('createZstdDecompress' in zlib) {
      const create = zlib.createZstdDecompress as (options: object) => Engine
      yield* unpacked(reader, create({ chunkSize: PIECE }), left)
    } else yield* unpackedByFzstd(reader, left, mayMove)
  }
}

/** Unpacks one frame. The damaged data is not consumed. */
async function* unpackedByFzstd(
  reader: ByteReader,
  length: number,
  mayMove: (bytes: number) => boolean
): AsyncGenerator<Buffer> {
  const head = Buffer.from(await reader.peek(LONGEST_HEADER))
  const window = windowOf(head)
  function move(): void {
    if (!mayMove(window))
      throw new DamagedError('its window is moved too often', 'it takes too long to unpack')
  }
  // To create the window takes as long.
  move()
  const ready: Buffer[] = []
  const engine = new Decompress((piece) => {
    move()
    ready.push(Buffer.from(piece))
  })
  function push(piece: Buffer, last: boolean): DamagedError | undefined {
    try {
      engine.push(piece, last)
      return undefined
    } catch (error) {
      return error instanceof DamagedError ? error : new DamagedError(messageOf(error))
    }
  }
  for await (const bytes of framed(reader, framesOfZstd(), length)) {
    for (let at = 0; at < bytes.length; at += PIECE_OF_FZSTD) {
      const failure = push(bytes.subarray(at, at + PIECE_OF_FZSTD), false)
      yield* ready.splice(0)
      if (failure === undefined) continue
      reader.putBack(Buffer.from(bytes.subarray(at)))
      throw failure
    }
  }
  const failure = push(Buffer.alloc(0), true)
  if (failure !== undefined) throw failure
}

/** Returns the parts of a frame: so its end is known without unpacking it. */
function* framesOfZstd(): Frames {
  let next = yield 0
  const flags = next[4] ?? 0
  const isOneSegment = (flags & 0x20) !== 0
  const sizes = [isOneSegment ? 1 : 0, 2, 4, 8]
  next = yield 5 + (isOneSegment ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0) + (sizes[flags >> 6] ?? 0)
  for (let isLast = false; !isLast;) {
    if (next.length < 3) return
    const block = next.readUIntLE(0, 3)
    isLast = (block & 1) === 1
    next = yield 3 + (((block >> 1) & 3) === RUN_OF_ONE_BYTE ? 1 : block >> 3)
  }
  yield (flags & 4) === 0 ? 0 : 4
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
