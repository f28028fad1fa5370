import { finished, PassThrough, type Readable } from 'node:stream'

export type Reader<T> = (stream: Readable) => Promise<T>

/** The results of readers, in their order; undefined for a reader that is undefined. */
type Results<Readers> = {
  [Key in keyof Readers]: Readers[Key] extends Reader<infer Result> ? Result : undefined
}

/**
 * Passes a stream to several readers at once, at the pace of the slowest one. If one of them fails, the promise rejects only after the
 * others have ended, so nothing continues in the background.
 */
export async function readByAll<const Readers extends readonly (Reader<unknown> | undefined)[]>(
  stream: Readable,
  ...readers: Readers
): Promise<Results<Readers>> {
  const reads = readers.map(read)
  await Promise.allSettled(reads)
  return (await Promise.all(reads)) as Results<Readers>

  async function read(reader: Reader<unknown> | undefined): Promise<unknown> {
    if (reader === undefined) return undefined
    const copy = new PassThrough({ highWaterMark: 1024 * 1024 })
    finished(stream, (error) => error && copy.destroy(error))
    try {
      return await reader(stream.pipe(copy))
    } finally {
      // A reader that has failed must not hold up the others.
      copy.destroy()
    }
  }
}
