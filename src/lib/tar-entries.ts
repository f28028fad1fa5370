import type { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'

type Entries = ReturnType<typeof extract>
type Entry = Entries extends AsyncIterable<infer One> ? One : never

/** Yields the entries of a tar archive, which passes through further streams if it is packed. The consumer reads or resumes each one before it requests the next. Fails with the stream. */
export async function* entriesOfTar(...streams: [Readable, ...Duplex[]]): AsyncGenerator<Entry> {
  const parser = extract()
  const sending = pipeline([...streams, parser])
  sending.catch(() => undefined)
  yield* parser
  await sending
}
