import type { ByteReader } from '../../lib/byte-reader.js'
import { messageOf } from '../../lib/errors.js'
import type { Group } from '../../docker/process-group.js'
import { streamsOfBzip2 } from './bzip2.js'
import { DamagedError } from './unpack.js'
import { streamsOfXz, windowOfXz } from './xz.js'

/** Formats that a program of the runner unpacks, since no library does it as a stream. */
export type ProgramFormat = 'xz' | 'bzip2'

/** Memory that a program counts for at least, in bytes: its own, and the window of `xz -6`. So few run at the same time. */
const LEAST_MEMORY = 8 * 1024 * 1024
/** Memory that xz needs besides the dictionary, in bytes. */
const FURTHER_MEMORY = 2 * 1024 * 1024
/**
 * Number of packed bytes that are put back if the program fails: a whole block of bzip2, and what is on its way to the program. What is in
 * front of them was unpacked.
 */
const PUT_BACK = 1280 * 1024

/** Returns the memory in bytes that unpacking takes; bzip2 needs 4 MB. */
export function memoryOf(format: ProgramFormat, head: Buffer): number {
  return Math.max(LEAST_MEMORY, format === 'xz' ? windowOfXz(head) : 0)
}

/** Returns the arguments of the program of this name that unpacks its input in so much memory. */
export function argumentsOf(format: ProgramFormat, memory: number): string[] {
  const options =
    format === 'xz' ? ['--format=xz', '--threads=1', `--memlimit-decompress=${memory + FURTHER_MEMORY}`] : []
  return ['--decompress', '--stdout', ...options]
}

/**
 * Unpacks the next streams of a format with a program, and consumes nothing after them. Throws a DamagedError if the program fails. The
 * program has ended when this ends, also where the consumer stops early. In both cases the reader goes on with the packed bytes that
 * may not have been unpacked.
 */
export async function* unpackedBy(
  { stdin, stdout, stderr, ended, kill }: Group,
  format: ProgramFormat,
  reader: ByteReader
): AsyncGenerator<Buffer> {
  let ofSource: Error | undefined
  const over = ended.then(
    () => true,
    () => true
  )
  const fed = lastOf(PUT_BACK)
  stderr.resume()
  // A program that fails closes its input.
  stdin?.on('error', () => undefined)
  async function feed(): Promise<void> {
    const packed = format === 'xz' ? streamsOfXz(reader) : streamsOfBzip2(reader)
    for await (const piece of packed) {
      fed.add(piece)
      const refused = new Promise((resolve) => stdin?.write(piece, (error) => resolve(error)))
      if (await Promise.race([refused, over])) break
    }
    stdin?.end()
  }
  const feeding = feed().catch((error: unknown) => {
    ofSource = error instanceof Error ? error : new Error(messageOf(error))
    kill()
  })
  let isRead = false
  try {
    for await (const piece of stdout) yield piece as Buffer
    isRead = true
  } finally {
    if (!isRead) kill()
    await feeding
    if (!isRead && ofSource === undefined) reader.putBack(fed.bytes())
  }
  if (ofSource !== undefined) throw ofSource
  const exitCode = await ended
  if (exitCode !== 0) {
    reader.putBack(fed.bytes())
    const message = `${format} ended with exit code ${exitCode}`
    throw new DamagedError(message, `damaged: ${message}`)
  }
}

/** Keeps the last pieces of a stream that have at least `size` bytes together. */
function lastOf(size: number): { add: (piece: Buffer) => void; bytes: () => Buffer } {
  const pieces: Buffer[] = []
  let total = 0
  return {
    add(piece) {
      pieces.push(Buffer.from(piece))
      total += piece.length
      while (total - (pieces[0]?.length ?? 0) >= size) total -= pieces.shift()?.length ?? 0
    },
    bytes: () => Buffer.concat(pieces)
  }
}
