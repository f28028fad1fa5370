import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { pack, type Pack } from 'tar-stream'
import { digestOf } from '../../src/lib/digest.js'
import { GZIPPED, ZSTANDARD } from '../../src/registry/layer-file.js'
import { readImageArchive } from '../../src/registry/image-archive.js'
import { assembleImage } from '../../src/registry/packed-image.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const hex = (bytes: Buffer): string => digestOf(bytes).slice('sha256:'.length)

async function layer(content: string): Promise<Buffer> {
  const archive = pack()
  archive.entry({ name: '{file' }, content)
  archive.finalize()
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

function configOf(...layers: Buffer[]): Buffer {
  return Buffer.from(JSON.stringify({ rootfs: { diff_ids: layers.map(digestOf) } }))
}

function archiveOf(files: Record<string, Buffer | { link: string }>): Pack {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) {
    if (Buffer.isBuffer(content)) archive.entry({ name }, content)
    else archive.entry({ name, type: 'symlink', linkname: content.link })
  }
  archive.finalize()
  return archive
}

function manifest(Config: string, ...Layers: string[]): Buffer {
  return Buffer.from(JSON.stringify([{ Config, RepoTags: null, Layers }]))
}

describe('a packed image', () => {
  let folder: string
  let one: Buffer
  let two: Buffer
  temporaryFolder((created) => (folder = created))
  beforeEach(async () => {
    ;[one, two] = await Promise.all([layer('one'), layer('two')])
  })

  const packed = async (archive: Pack, image: string, skipped: string[] = []) =>
    assembleImage(image, await readImageArchive(Readable.from(archive), { known: new Set(skipped), folder }))
  const blob = (bytes: Buffer): string => `blobs/sha256/${hex(bytes)}`

  test('of Docker 25 and newer: packs all layers but the known ones', async () => {
    const config = configOf(one, two)
    const files = { [blob(two)]: two, [blob(one)]: one, [blob(config)]: config }
    const list = { 'manifest.json': manifest(blob(config), blob(one), blob(two)) }
    const image = await packed(archiveOf({ ...files, ...list }), digestOf(config), [digestOf(one)])
    expect(image.config).toEqual(config)
    expect(image.rawSizes).toEqual([one.length, two.length])
    const [first, second] = image.layers
    expect(first).toBeUndefined()
    const bytes = readFileSync(second?.file ?? '')
    expect(second).toMatchObject({ digest: digestOf(bytes), size: bytes.length, mediaType: GZIPPED })
    expect(gunzipSync(bytes)).toEqual(two)
  })

  test('has layers that only this user can read', async () => {
    const config = configOf(one)
    const files = { [blob(one)]: one, [blob(config)]: config }
    const list = { 'manifest.json': manifest(blob(config), blob(one)) }
    const { layers } = await packed(archiveOf({ ...files, ...list }), digestOf(config))
    expect((statSync(layers[0]?.file ?? '').mode & 0o777).toString(8)).toBe('600')
  })

  test('has the same layers wherever the pieces of the archive end', async () => {
    const gzipped = gzipSync(two)
    const config = configOf(one, two)
    const files = { [blob(one)]: one, [blob(gzipped)]: gzipped, [blob(config)]: config }
    const list = { 'manifest.json': manifest(blob(config), blob(one), blob(gzipped)) }
    const bytes = await buffer(archiveOf({ ...files, ...list }))
    const digests = async (...ends: number[]): Promise<string[]> => {
      const pieces = [0, ...ends].map((end, index) => bytes.subarray(end, ends[index]))
      const archive = await readImageArchive(Readable.from(pieces.filter(({ length }) => length > 0)), {
        known: new Set(),
        folder
      })
      const { layers } = assembleImage(digestOf(config), archive)
      return layers.map((entry) => entry?.digest ?? '')
    }
    const whole = await digests()
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 5 }), async (ends) => {
        expect(await digests(...ends.sort((a, b) => a - b))).toEqual(whole)
      }),
      { numRuns: 60 }
    )
  })

  test('of an older Docker: follows links to layers', async () => {
    const config = configOf(one, one)
    const list = manifest(`${hex(config)}.json`, 'a/layer.tar', 'b/layer.tar')
    const files = {
      'a/layer.tar': one,
      'b/layer.tar': { link: '../a/layer.tar' },
      'a/VERSION': Buffer.from('1.0')
    }
    const image = await packed(
      archiveOf({ ...files, [`${hex(config)}.json`]: config, 'manifest.json': list }),
      digestOf(config)
    )
    expect(image.layers.map((entry) => entry?.digest)).toHaveLength(2)
    expect(image.layers[0]).toEqual(image.layers[1])
  })

  test("with containerd's image store: keeps compressed layers, and accepts the digest of the manifest as id", async () => {
    const zipped = gzipSync(one)
    const zstandard = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(9_000_000, 7)])
    const config = configOf(one, two)
    const own = Buffer.from(JSON.stringify({ config: { digest: digestOf(config) } }))
    const list = { 'manifest.json': manifest(blob(config), blob(zipped), blob(zstandard)) }
    const files = [zipped, zstandard, config, own].map((bytes): [string, Buffer] => [blob(bytes), bytes])
    const image = await packed(archiveOf({ ...Object.fromEntries(files), ...list }), digestOf(own))
    const expected = [
      [digestOf(zipped), GZIPPED],
      [digestOf(zstandard), ZSTANDARD]
    ]
    expect(image.layers.map((entry) => [entry?.digest, entry?.mediaType])).toEqual(expected)
    // Known layers are identified by their uncompressed digests: a compressed one is packed nevertheless.
    const again = archiveOf({ ...Object.fromEntries(files), ...list })
    const { layers } = await packed(again, digestOf(own), [digestOf(one), digestOf(two)])
    expect(layers.map((entry) => [entry?.digest, entry?.mediaType])).toEqual(expected)
  })

  test.each([
    ['another image', (config: Buffer) => ({ image: digestOf(Buffer.from('other')), config })],
    [
      'another layer',
      () => {
        const config = configOf(two)
        return { image: digestOf(config), config }
      }
    ]
  ])('refuses %s than the requested one', async (_, other) => {
    const { image, config } = other(configOf(one))
    const files = {
      [blob(one)]: one,
      [blob(config)]: config,
      'manifest.json': manifest(blob(config), blob(one))
    }
    await expect(packed(archiveOf(files), image)).rejects.toMatchObject({ category: 'runner' })
  })

  test('fails for a truncated archive, and leaves no file', async () => {
    const archive = pack()
    archive.entry({ name: blob(one) }, Buffer.alloc(20_000_000, one))
    archive.finalize()
    const parts: Buffer[] = []
    for await (const part of archive) parts.push(part as Buffer)
    const half = Readable.from([Buffer.concat(parts).subarray(0, 10_000_000)])
    await expect(readImageArchive(half, { known: new Set(), folder })).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([])
  })
})
