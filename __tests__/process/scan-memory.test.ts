import { expect, test } from '@jest/globals'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { deflateRawSync } from 'node:zlib'
import { imageOf, tarOf } from '../support/image-archive.js'
import { ROOT } from '../support/inputs.js'
import { zipOf } from '../support/zip.js'

const MB = 1024 * 1024
const VALUE = 'tr0ub4dor&3-and-more'

test('a hostile image takes less than 300 MB of memory, and a secret behind its bombs is found', async () => {
  const text = Buffer.from(VALUE)
  // A jar in a jar that says that it has 1000 bytes, and becomes 300 MB.
  const inner = zipOf([{ name: 'a', content: Buffer.alloc(300 * MB), method: 0 }])
  const bomb = zipOf([
    { name: 'inner.jar', content: 'x'.repeat(1000), packed: deflateRawSync(inner, { level: 1 }) }
  ])
  const packed = (command: string, ...options: string[]): Buffer =>
    execFileSync(command, ['-c', ...options], { input: Buffer.alloc(100 * MB), maxBuffer: MB })
  const image = await imageOf(
    await tarOf({
      'bomb.jar': bomb,
      'bomb.xz': packed('xz', '--lzma2=preset=0,dict=64MiB'),
      'bomb.zst': packed('zstd', '-1', '--long=25', '--no-content-size'),
      'bomb.bz2': packed('bzip2', '-1'),
      tokens: Buffer.alloc(4 * MB, 'eyJ'),
      secret: text
    })
  )
  const child = spawn(process.execPath, ['--import', 'tsx', '__tests__/support/scan-image.ts', VALUE], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (printed += piece))
  child.stdin.end(image)
  await once(child, 'close')
  const { found, unopened, unlisted, memory } = JSON.parse(printed) as {
    found: string[]
    unopened: string[]
    unlisted: number
    memory: number
  }
  console.log(`scanned with at most ${Math.round(memory / MB)} MB of memory`)
  expect(found).toEqual(['/secret'])
  const bombs = ['/bomb.jar!/inner.jar', '/bomb.xz', '/bomb.zst', '/bomb.bz2']
  expect(unopened).toEqual(bombs.map((name) => `${name} (more than 100 times as large as its packed data)`))
  expect(unlisted).toBeGreaterThan(0)
  expect(memory).toBeLessThan(300 * MB)
}, 120_000)
