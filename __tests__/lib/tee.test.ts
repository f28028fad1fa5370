import { describe, expect, test } from '@jest/globals'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { readByAll } from '../../src/lib/tee.js'

describe('readByAll', () => {
  const pieces = Array.from({ length: 200 }, (_, index) => Buffer.alloc(100_000, index))
  const whole = Buffer.concat(pieces)

  test('gives all bytes to both, and holds no more of them than the slower one lets it', async () => {
    let given = 0
    const source = Readable.from(
      (function* () {
        for (const piece of pieces) {
          given += piece.length
          yield piece
        }
      })()
    )
    let ahead = 0
    const slow = async (copy: Readable): Promise<number> => {
      let size = 0
      for await (const piece of copy) {
        size += (piece as Buffer).length
        ahead = Math.max(ahead, given - size)
        await sleep(1)
      }
      return size
    }
    const [bytes, size] = await readByAll(source, buffer, slow)
    expect(bytes?.equals(whole)).toBe(true)
    expect(size).toBe(whole.length)
    expect(ahead).toBeLessThan(8_000_000)
  })

  test('of one reader alone', async () => {
    const [none, bytes] = await readByAll(Readable.from(pieces), undefined, buffer)
    expect(none).toBeUndefined()
    expect(bytes?.equals(whole)).toBe(true)
  })

  test.each(['one', 'other'])(
    'fails with the reader that fails (%s), when the other is done',
    async (which) => {
      let read = 0
      const reads = async (copy: Readable): Promise<void> => {
        for await (const piece of copy) read += (piece as Buffer).length
      }
      const fails = async (copy: Readable): Promise<void> => {
        for await (const piece of copy) throw new Error(`no more than ${(piece as Buffer).length}`)
      }
      const both = which === 'one' ? ([fails, reads] as const) : ([reads, fails] as const)
      await expect(readByAll(Readable.from(pieces), ...both)).rejects.toThrow('no more than')
      expect(read).toBe(whole.length)
    }
  )

  test('fails with a stream that breaks off', async () => {
    const broken = new PassThrough()
    const reading = readByAll(broken, buffer, buffer)
    broken.write('x')
    broken.destroy(new Error('broke off'))
    await expect(reading).rejects.toThrow('broke off')
  })
})
