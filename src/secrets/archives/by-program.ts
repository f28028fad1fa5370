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
 * Unpacks the next streams of a format with a program, and consumes nothing after them. Throws a DamagedError if the program fails.
 * The program has ended when this ends, also where the consumer stops early; the streams are then read to their end.
 */
export async function* unpackedBy(
  { stdin, stdout, stderr, ended, kill }: Group,
  format: ProgramFormat,
  reader: ByteReader
): AsyncGenerator<Buffer> {
  let ofSource: Error | undefined
  let isOver = false
  const over = ended.then(
    () => (isOver = true),
    () => (isOver = true)
  )
  stderr.resume()
  // A program that fails closes its input.
  stdin?.on('error', () => undefined)
  async function feed(): Promise<void> {
    const packed = format === 'xz' ? streamsOfXz(reader) : streamsOfBzip2(reader)
    for await (const piece of packed) {
      const written = new Promise((resolve) => stdin?.write(piece, resolve))
      if (!isOver) await Promise.race([written, over])
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
  }
  if (ofSource !== undefined) throw ofSource
  const exitCode = await ended
  if (exitCode !== 0) {
    const message = `${format} ended with exit code ${exitCode}`
    throw new DamagedError(message, `damaged: ${message}`)
  }
}
