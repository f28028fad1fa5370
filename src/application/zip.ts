import fs, { createReadStream } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fromRandomAccessReaderPromise, openPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import type { Bytes } from '../lib/values.js'

/** Sizes of the record at the end of a zip archive, without and with the longest comment. */
const END_SIZE: Bytes = 22
const LONGEST_END: Bytes = END_SIZE + 0xffff
const END_SIGNATURE = 0x06054b50

/**
 * Opens a zip archive, also one with a script in front, as Spring Boot writes with `executable`: the archive has offsets
 * from its own beginning then, and a JVM accepts it. Throws an error for anything but a regular file with a zip archive.
 */
export async function openZip(file: string): Promise<ZipFile> {
  // Opening a named pipe would wait for a writer.
  if (!(await stat(file)).isFile()) throw new Error(`${file} is not a file`)
  const front = await sizeInFront(file)
  if (front === 0) return await openPromise(file, { lazyEntries: true })
  const handle = await open(file)
  const { size } = await handle.stat()
  return await fromRandomAccessReaderPromise(new ReaderBehind(handle, front), size - front, {
    lazyEntries: true,
    autoClose: true
  })
}

/** Returns the number of bytes in front of the archive that its offsets do not count; 0 for a file without an archive. */
async function sizeInFront(file: string): Promise<Bytes> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const length = Math.min(LONGEST_END, size)
    const end = Buffer.alloc(length)
    await handle.read(end, 0, length, size - length)
    for (let at = length - END_SIZE; at >= 0; at--) {
      if (end.readUInt32LE(at) !== END_SIGNATURE) continue
      const front = size - length + at - end.readUInt32LE(at + 12) - end.readUInt32LE(at + 16)
      // Less than 0 in the Zip64 format, whose numbers are elsewhere.
      return Math.max(front, 0)
    }
    return 0
  } finally {
    await handle.close()
  }
}

/** Reads a file from a position on. */
class ReaderBehind extends RandomAccessReader {
  constructor(
    private readonly handle: FileHandle,
    private readonly front: Bytes
  ) {
    super()
  }

  override _readStreamForRange(start: number, end: number): Readable {
    // Each stream closes what it reads, and the next one still needs it.
    const kept = { ...fs, close: (_: number, done: (error: Error | null) => void) => done(null) }
    const [first, last] = [start + this.front, end + this.front - 1]
    return createReadStream('', { fd: this.handle.fd, fs: kept, start: first, end: last })
  }

  override close(callback: (error: Error | null) => void): void {
    this.handle.close().then(() => callback(null), callback)
  }
}
