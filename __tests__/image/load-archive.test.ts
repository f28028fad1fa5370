import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, type Header } from 'tar-stream'
import { sizeOfLayer, tarOfLayer, type LayerPlan } from '../../src/image/layer-tar.js'
import { archiveToLoad } from '../../src/image/load-archive.js'

const EPOCH = new Date(0)

function header(name: string, fields: Partial<Header> = {}): Header {
  const size = fields.size ?? 0
  const usual = { name, size, mode: 0o400, uid: 10001, gid: 10002, mtime: EPOCH, type: 'file' as const }
  return { ...usual, linkname: null, uname: '', gname: '', devmajor: 0, devminor: 0, ...fields } as Header
}

function planOf(files: Record<string, string>, more: Header[] = []): LayerPlan {
  const entries = Object.entries(files)
  return {
    headers: [
      ...more,
      ...entries.map(([name, content]) => header(name, { size: Buffer.byteLength(content) }))
    ],
    contents: async function* () {
      for (const [name, content] of entries)
        if (content !== '') yield { name, bytes: Readable.from([Buffer.from(content)]) }
      await Promise.resolve()
    }
  }
}

async function entriesOf(tar: Buffer): Promise<[Header, Buffer][]> {
  const entries: [Header, Buffer][] = []
  const parser = extract()
  parser.end(tar)
  for await (const entry of parser) entries.push([entry.header, await buffer(entry)])
  return entries
}

describe('the tar archive of a layer', () => {
  test('has the owners, modes, times, links and content of its plan, and the size that was computed', async () => {
    const long = `opt/${'größe/'.repeat(40)}x`
    const plan = planOf({ 'tmp/a': 'x'.repeat(1000), 'tmp/empty': '', [long]: 'y'.repeat(512) }, [
      header('tmp', { type: 'directory', mode: 0o1777, uid: 0, gid: 0 }),
      header('tmp/link', { type: 'symlink', linkname: 'a' })
    ])
    const tar = await buffer(tarOfLayer(plan))
    expect(tar.length).toBe(await sizeOfLayer(plan))
    const entries = await entriesOf(tar)
    expect(
      entries.map(([{ name, type, mode, uid, gid, mtime, linkname, size }]) => [
        name,
        type,
        mode,
        uid,
        gid,
        mtime.getTime(),
        linkname,
        size
      ])
    ).toEqual([
      ['tmp', 'directory', 0o1777, 0, 0, 0, null, 0],
      ['tmp/link', 'symlink', 0o400, 10001, 10002, 0, 'a', 0],
      ['tmp/a', 'file', 0o400, 10001, 10002, 0, null, 1000],
      ['tmp/empty', 'file', 0o400, 10001, 10002, 0, null, 0],
      [long, 'file', 0o400, 10001, 10002, 0, null, 512]
    ])
    expect(entries.map(([, content]) => content.toString())).toEqual([
      '',
      '',
      'x'.repeat(1000),
      '',
      'y'.repeat(512)
    ])
  })

  test.each([
    ['a file is missing', { a: 'xx' }, { a: 'xx', b: 'y' }],
    ['another file comes', { a: 'xx', c: 'y' }, { a: 'xx', b: 'y' }],
    ['a file is shorter', { a: 'x' }, { a: 'xx' }],
    ['a file is longer', { a: 'xxx' }, { a: 'xx' }],
    ['there is one file more', { a: 'x', b: 'y' }, { a: 'x' }]
  ])('fails where %s than its plan says', async (_what, given, planned) => {
    const plan = { headers: planOf(planned).headers, contents: planOf(given).contents }
    await expect(buffer(tarOfLayer(plan))).rejects.toThrow()
  })
})

describe('the archive for docker load', () => {
  test('has the new layers only, and a configuration with those below', async () => {
    const below = {
      config: Buffer.from(
        JSON.stringify({
          architecture: 'arm64',
          config: { Env: ['A=1'], Labels: { one: '1' } },
          history: [{ created_by: 'COPY a b' }],
          rootfs: { type: 'layers', diff_ids: ['sha256:aa'] }
        })
      ),
      layers: ['blobs/sha256/aa'],
      stored: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: 'sha256:bb', size: 7 }]
    }
    const plan = planOf({ 'tmp/a': 'x'.repeat(100_000) })
    const created = new Date('2026-01-02T03:04:05Z')
    const archive = archiveToLoad({
      name: 'run:runtime',
      labels: { two: '2' },
      below,
      layers: [{ createdBy: 'the snapshot', plan }],
      created
    })
    const files = new Map(
      (await entriesOf(await buffer(archive))).map(([{ name }, content]) => [name, content])
    )
    const [manifest] = JSON.parse(String(files.get('manifest.json'))) as {
      Config: string
      RepoTags: string[]
      Layers: string[]
    }[]
    expect(manifest?.RepoTags).toEqual(['run:runtime'])
    expect(manifest?.Layers).toEqual(['blobs/sha256/aa', 'new-1/layer.tar'])
    const layer = files.get('new-1/layer.tar') ?? Buffer.alloc(0)
    expect(layer.equals(await buffer(tarOfLayer(plan)))).toBe(true)
    const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
    const config = files.get(manifest?.Config ?? '') ?? Buffer.alloc(0)
    expect(manifest?.Config).toBe(`${sha256(config)}.json`)
    expect(JSON.parse(config.toString())).toEqual({
      architecture: 'arm64',
      config: { Env: ['A=1'], Labels: { one: '1', two: '2' } },
      created: '2026-01-02T03:04:05.000Z',
      history: [
        { created_by: 'COPY a b' },
        { created: '2026-01-02T03:04:05.000Z', created_by: 'the snapshot' }
      ],
      rootfs: { type: 'layers', diff_ids: ['sha256:aa', `sha256:${sha256(layer)}`] }
    })
    const json = (name: string): unknown => JSON.parse(String(files.get(name)))
    expect(json('oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    const { manifests } = json('index.json') as { manifests: { digest: string }[] }
    const [described] = manifests
    expect(described).toMatchObject({ annotations: { 'io.containerd.image.name': 'docker.io/run:runtime' } })
    const document = files.get(`blobs/sha256/${described?.digest.slice('sha256:'.length)}`) ?? Buffer.alloc(0)
    expect(described?.digest).toBe(`sha256:${sha256(document)}`)
    expect(JSON.parse(String(document))).toMatchObject({
      config: { digest: `sha256:${sha256(config)}`, size: config.length },
      layers: [
        { digest: 'sha256:bb', size: 7 },
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: `sha256:${sha256(layer)}`,
          size: layer.length
        }
      ]
    })
  })

  test('fails with the layer that fails', async () => {
    const plan = { headers: planOf({ a: 'xx' }).headers, contents: planOf({ a: 'x' }).contents }
    const layers = [{ createdBy: 'x', plan }]
    const below = { config: Buffer.from('{"rootfs":{"diff_ids":[]}}'), layers: [], stored: undefined }
    const archive = archiveToLoad({ name: 'a:b', labels: {}, below, layers, created: EPOCH })
    await expect(buffer(archive)).rejects.toThrow()
  })
})
