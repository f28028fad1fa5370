import { describe, expect, jest, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { gzip } from '../../src/registry/layer-file.js'
import { seeded } from '../support/seeded.js'

const random = seeded(11)

/** Returns bytes that compress to about half, with repetitions across the borders of blocks. */
function somewhatRandom(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += 20_000) random.bytes(Math.min(10_000, length - at)).copy(bytes, at)
  return bytes
}

async function packed(bytes: Buffer, { pieces = 65_536, parallel = 2 } = {}): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieces) parts.push(bytes.subarray(at, at + pieces))
  return await buffer(Readable.from(gzip(Readable.from(parts), 5, parallel)))
}

jest.setTimeout(60_000)

describe('gzip', () => {
  test.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000])(
    'zlib and the program gzip unpack %d bytes',
    async (length) => {
      const bytes = somewhatRandom(length)
      const archive = await packed(bytes)
      expect(gunzipSync(archive).equals(bytes)).toBe(true)
      const options = { input: archive, maxBuffer: 10_000_000 }
      expect(execFileSync('gzip', ['--decompress', '--stdout'], options).equals(bytes)).toBe(true)
    }
  )

  test('returns the same bytes for any size of pieces and any number of cores', async () => {
    const bytes = somewhatRandom(5_000_000)
    const one = await packed(bytes, { pieces: 5_000_000, parallel: 1 })
    expect((await packed(bytes, { pieces: 77_777, parallel: 8 })).equals(one)).toBe(true)
  })

  test('is at most 1 % larger than the output of zlib', async () => {
    const text = Buffer.from(
      Array.from({ length: 300_000 }, (_, line) => `line ${line % 977}: ${line}\n`).join('')
    )
    expect((await packed(text)).length).toBeLessThan(gzipSync(text, { level: 5 }).length * 1.01)
  })

  test('stores blocks of random bytes as they are, and compresses what is beside them', async () => {
    const block = 1024 * 1024
    const bytes = Buffer.concat([random.bytes(block), Buffer.alloc(block, 'text '), random.bytes(block)])
    const archive = await packed(bytes)
    expect(gunzipSync(archive).equals(bytes)).toBe(true)
    // A stored block has its bytes in the archive, after five bytes for each 64 KB.
    const middle = bytes.subarray(100, 60_000)
    expect(archive.indexOf(middle)).toBeGreaterThan(0)
    expect(archive.length).toBeLessThan(2 * block * 1.001 + 10_000)
    const partly = Buffer.concat([random.bytes(block / 2), Buffer.alloc(block / 2, 'text ')])
    expect((await packed(partly)).length).toBeLessThan(block * 0.52)
  })

  test('fails for a stream that fails', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.alloc(3_000_000)
      await Promise.resolve()
      throw new Error('broke off')
    }
    await expect(buffer(Readable.from(gzip(broken(), 5, 2)))).rejects.toThrow('broke off')
  })
})
