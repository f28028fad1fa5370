import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { filesOfImage, filesOfTar, type ImageLayers } from '../../src/secrets/archives.js'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { createMatcher, type SecretMatcher } from '../../src/secrets/scanner/scan.js'
import { scanFiles } from '../../src/secrets/scan-files.js'
import { seeded } from '../support/seeded.js'

const random = seeded(7)
const value = 'tr0ub4dor&3-and-more'
const matcher = createMatcher({
  secrets: [{ name: 'DB_PASSWORD', value }],
  canary: createCanary(random.bytes),
  key: Buffer.from('key')
})

async function tarOf(files: Record<string, Buffer>): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return await buffer(tar)
}

describe('scanFiles', () => {
  test('returns the file, the part of the file, the count, and the size of each file', async () => {
    const large = Buffer.alloc(9_000_000)
    large.write(value, 5_000_000)
    large.write(value, 8_999_000)
    const tar = await tarOf({
      'tmp/a': Buffer.from(`x${value}y${value}`),
      'tmp/b': Buffer.alloc(0),
      'tmp/c': large
    })
    const { findings, sizes } = await scanFiles(
      filesOfTar(Readable.from([tar]), '/'),
      matcher,
      (file, offset) => (file === '/tmp/c' ? `at ${offset}` : undefined)
    )
    const encoding = { secret: 'DB_PASSWORD', encoding: 'utf-8' }
    expect(findings).toMatchObject([
      { ...encoding, location: { file: '/tmp/a', mapping: undefined }, count: 2 },
      { ...encoding, location: { file: '/tmp/c', mapping: 'at 5000000' }, count: 1 },
      { ...encoding, location: { file: '/tmp/c', mapping: 'at 8999000' }, count: 1 }
    ])
    expect([...sizes]).toEqual([
      ['/tmp/a', 2 + 2 * value.length],
      ['/tmp/b', 0],
      ['/tmp/c', large.length]
    ])
  })

  test('finds no match that extends from one file into the next', async () => {
    const half = value.length / 2
    const files = [
      { name: 'a', bytes: [Buffer.from(value.slice(0, half))] },
      { name: '', bytes: [Buffer.from(value.slice(half))] }
    ]
    expect((await scanFiles(files, matcher)).findings).toEqual([])
  })

  test('finds a file name that contains a secret, and withholds it', async () => {
    const { findings } = await scanFiles(
      [{ name: `/tmp/${value}.log`, bytes: [Buffer.from(value)] }],
      matcher
    )
    const file = '(a file name that contains the secret)'
    expect(findings.map(({ location }) => location)).toEqual([
      { file, mapping: 'its name' },
      { file, mapping: undefined }
    ])
  })

  test('fails if the scanner does not find the canary', async () => {
    const blind: SecretMatcher = { ...matcher, search: { ...matcher.search, run: () => undefined } }
    await expect(scanFiles([], blind)).rejects.toMatchObject({ category: 'internal' })
  })

  test('reports a secret even if there are too many tokens to list', async () => {
    const tokens = Array.from(
      { length: 4500 },
      () => `ghp_${random.text(36, 'abcdefghijkmnpqrstuvwxyz23456789')}\n`
    )
    const bytes = [Buffer.from(tokens.join('')), Buffer.from(value)]
    const { findings, unlisted } = await scanFiles([{ name: 'a', bytes }], matcher)
    expect(findings.filter((finding) => 'secret' in finding)).toHaveLength(1)
    expect(unlisted).toBeGreaterThan(0)
  })
})

describe('filesOfImage', () => {
  let folder: string
  function jar(name: string, ...files: string[]): void {
    execFileSync('jar', ['--create', '--file', name, ...files], { cwd: folder })
  }

  test.each([
    ['as tar archives', (layer: Buffer) => layer],
    ['with gzip', (layer: Buffer) => gzipSync(layer)]
  ])('reads layers %s, jars, and jars in jars', async (_, packed) => {
    folder = mkdtempSync(path.join(tmpdir(), 'jars-'))
    try {
      mkdirSync(path.join(folder, 'lib'))
      writeFileSync(path.join(folder, 'settings.yml'), `password: ${value}\n`.repeat(50))
      jar('lib/inner.jar', 'settings.yml')
      jar('outer.jar', 'lib', 'settings.yml')
      const outer = execFileSync('cat', [path.join(folder, 'outer.jar')])
      const layer = await tarOf({
        'app/outer.jar': outer,
        'app/broken.jar': Buffer.from(`no jar, but ${value}`)
      })
      const image = await tarOf({
        'blobs/sha256/1': Buffer.from('{"rootfs": {}}'),
        'blobs/sha256/2': packed(layer),
        'blobs/sha256/3': Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]),
        'manifest.json': Buffer.from('[{"Layers": ["blobs/sha256/2", "blobs/sha256/3"]}]')
      })
      const layers: ImageLayers = { order: undefined, unread: [] }
      const { findings } = await scanFiles(filesOfImage(Readable.from([image]), layers), matcher)
      expect(layers).toEqual({ order: ['blobs/sha256/2', 'blobs/sha256/3'], unread: ['blobs/sha256/3'] })
      expect(new Set(findings.map(({ location }) => location?.layer))).toEqual(new Set(['blobs/sha256/2']))
      const found = findings.map(({ location, count }) => `${location?.file} ${count}`)
      expect(found.sort()).toEqual([
        '/app/broken.jar 1',
        '/app/outer.jar!/lib/inner.jar!/settings.yml 50',
        '/app/outer.jar!/settings.yml 50'
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('reads large files of a jar, files with a wrong size, and files before and after a damaged one', async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'jars-'))
    try {
      const large = Buffer.concat([Buffer.alloc(3_000_000, 'x'), Buffer.from(value)])
      for (const name of ['1-large', '2-damaged', '3-small', '4-liar'])
        writeFileSync(path.join(folder, name), name === '3-small' ? value : large)
      jar('x.jar', '1-large', '2-damaged', '3-small', '4-liar')
      const bytes = readFileSync(path.join(folder, 'x.jar'))
      // Readers use the sizes in the central directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.12
      const entry = bytes.lastIndexOf('4-liar') - 46
      bytes.writeUInt32LE(10, entry + 24)
      bytes.fill(0xff, bytes.indexOf('2-damaged') + 30, bytes.indexOf('2-damaged') + 60)
      const image = await tarOf({ 'blobs/sha256/1': await tarOf({ 'x.jar': bytes }) })
      const layers: ImageLayers = { order: undefined, unread: [] }
      const { findings } = await scanFiles(filesOfImage(Readable.from([image]), layers), matcher)
      const found = findings.map(({ location }) => location?.file)
      expect(found).toEqual(['/x.jar!/1-large', '/x.jar!/3-small', '/x.jar!/4-liar'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
