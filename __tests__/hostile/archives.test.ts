import { describe, expect, jest, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { pack, type Header } from 'tar-stream'
import { digestOf } from '../../src/lib/digest.js'
import { readImageArchive, type ImageArchive } from '../../src/registry/image-archive.js'
import { assembleImage } from '../../src/registry/packed-image.js'
import { holds, hostileText, mustBeClear } from '../support/hostile.js'
import { JDK_ENTRIES } from '../support/tar.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { thinned } from '../support/thinned.js'

async function bytesOf(archive: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

interface Entry {
  name: string
  type: Header['type']
  linkname: string
  mode: number
  content: string
}

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, header.type === 'file' ? content : '')
  tar.finalize()
  return await bytesOf(tar)
}

/** Changes of some bytes, or the loss of the end. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
  length: fc.option(fc.nat(), { freq: 4 })
})

function damaged(
  bytes: Buffer,
  { changes, length }: { changes: [number, number][]; length: number | null }
): Buffer {
  const copy = Buffer.from(bytes)
  for (const [at, value] of changes) copy[at % copy.length] = value
  return length === null ? copy : copy.subarray(0, length % copy.length)
}

const PATHS = [
  'jdk',
  'jdk/',
  'jdk/bin/java',
  'jdk/lib/criu',
  'jdk/../x',
  '../x',
  '/tmp/x',
  './jdk/x',
  'jdk//x',
  'jdk/.',
  'jdk/link',
  'jdk/link/x',
  '..',
  '.',
  ''
]
const place = fc.oneof(
  fc.constantFrom(...PATHS),
  hostileText.map((text) => `jdk/${text.replaceAll('\0', '').slice(0, 3000)}`)
)
const entry: fc.Arbitrary<Entry> = fc.record({
  name: place.filter((name) => name !== ''),
  type: fc.constantFrom(
    'file',
    'file',
    'file',
    'directory',
    'symlink',
    'link',
    'fifo',
    'character-device',
    'contiguous-file'
  ),
  linkname: place,
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o2755, 0o7777),
  content: fc.constant('x')
})

jest.setTimeout(60_000)

describe('hostile archives', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  /** Verifies that `tar` unpacks an accepted archive into its folder only. */
  function unpack(file: string): void {
    const place = path.join(folder, 'place')
    const inside = path.join(place, 'inside')
    mkdirSync(inside, { recursive: true })
    try {
      execFileSync('tar', ['-xzf', file, '-C', inside], { stdio: 'ignore' })
    } catch {
      // An archive that tar refuses is harmless; the files that it did unpack are checked below.
    }
    expect(readdirSync(place)).toEqual(['inside'])
    for (const name of readdirSync(inside, { recursive: true, encoding: 'utf8' })) {
      const found = lstatSync(path.join(inside, name))
      expect(found.isFile() || found.isDirectory() || found.isSymbolicLink()).toBe(true)
      if (found.isFile() && (found.mode & 0o6000) !== 0) expect(name).toMatch(/\/lib\/criu$/)
    }
    rmSync(place, { recursive: true })
  }

  test('of a JDK: refused in one clear message, or harmless', async () => {
    const file = path.join(folder, 'jdk.tar.gz')
    const thin = path.join(folder, 'thin.tar.gz')
    const seen = { accepted: 0, refused: 0 }
    const some = fc.tuple(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.option(damage, { freq: 3 }))
    await holds(
      500,
      fc.asyncProperty(some, async ([entries, harm]) => {
        const tar = await tarOf(entries)
        writeFileSync(file, gzipSync(harm ? damaged(tar, harm) : tar, { level: 1 }))
        try {
          await thinned(file, thin)
        } catch (error) {
          seen.refused++
          return mustBeClear(error, 'jdk')
        }
        seen.accepted++
        unpack(thin)
      })
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20)
  })

  test('of a JDK, damaged on its way: refused in one clear message, or harmless', async () => {
    const file = path.join(folder, 'jdk.tar.gz')
    const thin = path.join(folder, 'thin.tar.gz')
    const good = gzipSync(
      await tarOf(
        JDK_ENTRIES.map((one) => ({ type: 'file', linkname: '', mode: 0o755, content: 'x', ...one }))
      )
    )
    let refused = 0
    await holds(
      300,
      fc.asyncProperty(damage, async (harm) => {
        writeFileSync(file, damaged(good, harm))
        try {
          await thinned(file, thin)
        } catch (error) {
          refused++
          return mustBeClear(error, 'jdk')
        }
        unpack(thin)
      })
    )
    expect(refused).toBeGreaterThan(100)
  })

  test('of Docker: exactly the requested image, or one clear message', async () => {
    const layer = await tarOf([{ name: 'etc/x', type: 'file', linkname: '', mode: 0o644, content: 'x' }])
    const config = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [digestOf(layer)] } }))
    const image = digestOf(config)
    const blob = (content: Buffer): string => `blobs/sha256/${digestOf(content).slice(7)}`
    const good = [{ Config: blob(config), Layers: [blob(layer)] }]
    const document = fc.oneof(
      { weight: 5, arbitrary: fc.constant(JSON.stringify(good)) },
      fc.json({ maxDepth: 4 }),
      hostileText,
      fc.json().map((json) => `[{"Config":"${blob(config)}","Layers":${json}}]`),
      fc.json().map((json) => `[{"Config":${json},"Layers":["${blob(layer)}"]}]`)
    )
    const seen = { given: 0, refused: 0 }
    await holds(
      600,
      fc.asyncProperty(
        fc.record({
          manifest: document,
          configuration: fc.oneof({ weight: 3, arbitrary: fc.constant(config.toString()) }, document),
          harm: fc.option(damage, { freq: 3 })
        }),
        async ({ manifest, configuration, harm }) => {
          const tar = pack()
          tar.entry({ name: blob(layer) }, layer)
          tar.entry({ name: blob(config) }, configuration)
          tar.entry({ name: 'manifest.json' }, manifest)
          tar.finalize()
          const bytes = await bytesOf(tar)
          const archive = Readable.from([harm ? damaged(bytes, harm) : bytes])
          let read: ImageArchive | undefined
          try {
            read = await readImageArchive(archive, { known: new Set(), folder })
            expect(digestOf(assembleImage(image, read).config)).toBe(image)
            seen.given++
          } catch (error) {
            mustBeClear(error, 'runner')
            seen.refused++
          }
          // The files of an archive that was read are in a folder that the run removes.
          for (const { packed } of read?.entries.values() ?? []) rmSync(packed?.file ?? '', { force: true })
          expect(readdirSync(folder)).toEqual([])
        }
      )
    )
    expect(Math.min(seen.given, seen.refused)).toBeGreaterThan(20)
  })
})
