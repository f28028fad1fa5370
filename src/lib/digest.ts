import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

/** Returns the hash of a file without reading all of it into memory. */
export async function hashOfFile(file: string, algorithm: 'sha256' | 'sha1' = 'sha256'): Promise<Hash> {
  const hash = createHash(algorithm)
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk)
  })
  return hash
}

/** Returns the digest of content in the form of registries and Docker, `sha256:...`. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Returns the hexadecimal part of a digest `sha256:...`. */
export function hexOf(digest: string): string {
  return digest.replace('sha256:', '')
}
