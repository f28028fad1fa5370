import type { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'

type Entries = ReturnType<typeof extract>
export type TarEntry = Entries extends AsyncIterable<infer One> ? One : never

/** Yields the entries of a tar archive, which passes through further streams if it is packed. The consumer reads or resumes each one before it requests the next. Fails with the stream. */
export async function* entriesOfTar(...streams: [Readable, ...Duplex[]]): AsyncGenerator<TarEntry> {
  const parser = extract()
  const sending = pipeline([...streams, parser])
  sending.catch(() => undefined)
  yield* parser
  await sending
}
