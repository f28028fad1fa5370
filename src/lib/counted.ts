import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'

/** Returns a stream that passes bytes through; at its end it has their number, and their digest as `sha256:...`. */
export function counted(): { stream: Transform; size: () => number; digest: () => string } {
  const hash = createHash('sha256')
  let size = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(undefined, chunk)
    }
  })
  return { stream, size: () => size, digest: () => `sha256:${hash.digest('hex')}` }
}
