import { finished, PassThrough, type Readable } from 'node:stream'

export type Reader<T> = (stream: Readable) => Promise<T>

/**
 * Lets up to two readers have the bytes of a stream, which comes once; the slower one sets the pace. When one fails, the other still
 * comes to its end before that is told: nothing goes on behind the caller's back.
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
      // One that has failed takes no more: it must not hold up the other.
      copy.destroy()
    }
  }
}
