import { finished, PassThrough, type Readable } from 'node:stream'

export type Reader<T> = (stream: Readable) => Promise<T>

/**
 * Passes a stream to up to two readers at once, at the pace of the slower one. If one of them fails, the promise rejects only after the
 * other one has ended, so nothing continues in the background.
 */
export async function readByBoth<A, B>(
  stream: Readable,
  one: Reader<A> | undefined,
  other: Reader<B> | undefined
): Promise<[A | undefined, B | undefined]> {
  const reads = [read(one), read(other)] as const
  await Promise.allSettled(reads)
  return await Promise.all(reads)

  async function read<T>(reader: Reader<T> | undefined): Promise<T | undefined> {
    if (reader === undefined) return undefined
    const copy = new PassThrough({ highWaterMark: 1024 * 1024 })
    finished(stream, (error) => error && copy.destroy(error))
    try {
      return await reader(stream.pipe(copy))
    } finally {
      // A reader that has failed must not hold up the other.
      copy.destroy()
    }
  }
}
