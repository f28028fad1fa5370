import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

/** Bytes that are deflated at a time; each block is given the end of the one before as its dictionary. */
const BLOCK = 1024 * 1024
/** As far as deflate looks back. */
const WINDOW = 32 * 1024

/** https://www.rfc-editor.org/rfc/rfc1952: deflate, no flags, no time, no hint, an unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** An empty block, the last: https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3 */
const LAST_BLOCK = Buffer.from([3, 0])

const deflate = promisify<Buffer, object, Buffer>(deflateRaw)

/**
 * Packs a stream as one member of gzip, its blocks side by side on as many cores as there are (Node's own stream uses one). What comes
 * out depends on nothing but the bytes and the level.
 */
export async function* gzip(
  stream: AsyncIterable<Buffer>,
  level: number,
  atOnce = availableParallelism()
): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = []
  let dictionary: Buffer = Buffer.alloc(0)
  let checksum = 0
  let size = 0
  yield HEADER
  for await (const block of inBlocks(stream)) {
    checksum = crc32(block, checksum)
    size += block.length
    // Ends at a whole byte, so that the next block can follow.
    const deflated = deflate(block, { level, dictionary, finishFlush: constants.Z_SYNC_FLUSH })
    deflated.catch(() => undefined)
    underWay.push(deflated)
    dictionary = block.subarray(-WINDOW)
    if (underWay.length >= atOnce) yield (await underWay.shift()) as Buffer
  }
  for (const deflated of underWay) yield await deflated
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield Buffer.concat([LAST_BLOCK, trailer])
}

async function* inBlocks(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafeSlow(BLOCK)
  let filled = 0
  for await (const piece of stream) {
    for (let taken = 0; taken < piece.length;) {
      const copied = piece.copy(block, filled, taken)
      taken += copied
      filled += copied
      if (filled < BLOCK) continue
      yield block
      block = Buffer.allocUnsafeSlow(BLOCK)
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}
