import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** The content of a file, hashed without the whole of it in memory. */
export async function hashOfFile(file: string, algorithm: 'sha256' | 'sha1' = 'sha256'): Promise<Hash> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk)
  })
  return hash
}

/** `sha256:...`, as registries and engines name content. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
