import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { PassThrough } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { buffer } from 'node:stream/consumers'
import { programsOn, startGroup, type Group, type StartProgram } from '../../src/docker/process-group.js'
import { createByteReader, type ByteReader } from '../../src/lib/byte-reader.js'
import { streamsOfBzip2 } from '../../src/secrets/archives/bzip2.js'
import { contentsOf } from '../../src/secrets/archives/contents.js'
import { filesOfImage, noLayers, unreadReason } from '../../src/secrets/archives/layers.js'
import { createOpener } from '../../src/secrets/archives/opener.js'
import { streamsOfXz } from '../../src/secrets/archives/xz.js'
import { scanImage, type ImageScan } from '../../src/secrets/image.js'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { createMatcher } from '../../src/secrets/scanner/scan.js'
import { imageOf, tarOf, type TarFiles } from '../support/image-archive.js'
import { seeded } from '../support/seeded.js'
import { zipOf, type ZipEntry } from '../support/zip.js'

const random = seeded(11)
const value = 'tr0ub4dor&3-and-more'
const matcher = createMatcher({
  secrets: [{ name: 'DB_PASSWORD', value }],
  canary: createCanary(random.bytes),
  key: Buffer.from('key'),
  families: []
})
/** A text that becomes smaller when it is packed, so that the secret is not in the packed bytes. */
const text = Buffer.from(`password: ${value}\n`.repeat(50))
const secret: ZipEntry = { name: 'x.yml', content: text }
const packed = (command: string, ...options: string[]): Buffer => packedBy(command, text, ...options)
const packedBy = (command: string, input: Buffer, ...options: string[]): Buffer =>
  execFileSync(command, [...options, '-c'], { input, maxBuffer: 1e9 })

/** Returns the stream in pieces that end at the given offsets. */
async function* cut(bytes: Buffer, ...ends: number[]): AsyncGenerator<Buffer> {
  let start = 0
  for (const end of [...ends, bytes.length]) {
    if (end > start) yield await Promise.resolve(Buffer.from(bytes.subarray(start, end)))
    start = Math.max(start, end)
  }
}

/** Returns some lists of ends of pieces, in which each of so many offsets is an end once, and pieces have 61 bytes. */
function everyEnd(from: number, count: number): number[][] {
  const ends: number[][] = Array.from({ length: 61 }, () => [])
  for (let index = 0; index < count; index++) ends[index % ends.length]?.push(from + index)
  return ends
}

const programs = programsOn(process.env)
const scanned = async (image: Buffer, ...ends: number[]): Promise<ImageScan> =>
  await scanImage(cut(image, ...ends), matcher, undefined, programs)

/** Returns the places with the secret in a layer of these files, and what was not opened. */
async function search(
  files: TarFiles,
  start: StartProgram = programs
): Promise<{ found: string[]; unopened: string[] }> {
  const image = await imageOf(await tarOf(files))
  const { findings, unopened, layers } = await scanImage(cut(image), matcher, undefined, start)
  expect(unreadReason(layers)).toBeUndefined()
  const found = findings.map(
    ({ location }) => `${location?.file}${location?.mapping ? `: ${location.mapping}` : ''}`
  )
  return { found, unopened: unopened.names }
}

const mb = 1024 * 1024
const noise = random.bytes(1500)
const folder = await tarOf({ 'etc/c': text })
const layer = await tarOf({ 'etc/app.yml': text })

describe('archives in the files of an image', () => {
  const inner = zipOf([secret])
  const war = zipOf([
    { name: 'WEB-INF/lib/a.jar', content: zipOf([{ name: 'b.jar', content: inner, method: 0 }]) }
  ])
  const damaged = { name: '1', content: text, packed: Buffer.alloc(40, 0xff) }

  test.each<[string, TarFiles, string]>([
    ['a jar', { 'a.jar': inner }, '/a.jar!/x.yml'],
    [
      'a jar of the JDK, whose sizes follow',
      { 'a.jar': zipOf([{ ...secret, sizesLater: true }]) },
      '/a.jar!/x.yml'
    ],
    ['a jar in a jar in a war', { 'a.war': war }, '/a.war!/WEB-INF/lib/a.jar!/b.jar!/x.yml'],
    ...['a.JAR', 'a.zip', 'a.ear', 'a.jmod', 'plugin'].map((name): [string, TarFiles, string] => [
      `a zip archive of the name ${name}`,
      { [name]: inner },
      `/${name}!/x.yml`
    ]),
    [
      'a jar with a launch script in front',
      { 'a.jar': Buffer.concat([Buffer.from(`#!/bin/sh\n${'# text\n'.repeat(500)}exit\n`), inner]) },
      '/a.jar!/x.yml'
    ],
    [
      'an executable of some megabytes with a jar behind',
      { launch: Buffer.concat([random.bytes(3_000_000), inner]) },
      '/launch!/x.yml'
    ],
    [
      'a jar after a file of an absolute name and of a name that leads out',
      { 'a.jar': zipOf([{ name: '/META-INF/x', content: 'x' }, { name: '../x', content: 'x' }, secret]) },
      '/a.jar!/x.yml'
    ],
    [
      'a jar after a file with a broken header',
      { 'a.jar': Buffer.concat([zipOf([{ name: 'a', content: 'a' }]).fill(0xff, 0, 8), inner]) },
      '/a.jar!/x.yml'
    ],
    [
      'a jar without its directory',
      { 'a.jar': inner.subarray(0, inner.indexOf('PK\x01\x02')) },
      '/a.jar!/x.yml'
    ],
    ['gzip', { 'app.log.gz': gzipSync(text) }, '/app.log.gz'],
    ['gzip of two members', { 'a.gz': Buffer.concat([gzipSync('a'), gzipSync(text)]) }, '/a.gz'],
    ['tar in gzip', { 'c.tar.gz': gzipSync(folder) }, '/c.tar.gz!/etc/c'],
    ['tar', { 'c.tar': folder }, '/c.tar!/etc/c'],
    ['zstd', { 'a.zst': packed('zstd') }, '/a.zst'],
    [
      'zstd in a zip archive',
      { 'a.zip': zipOf([{ ...secret, method: 93, packed: packed('zstd') }]) },
      '/a.zip!/x.yml'
    ],
    ...['xz', 'bzip2'].flatMap((command): [string, TarFiles, string][] => [
      [command, { a: packed(command) }, '/a'],
      [`${command} of two streams`, { a: Buffer.concat([packedBy(command, noise), packed(command)]) }, '/a'],
      [`what follows ${command}`, { a: Buffer.concat([packedBy(command, noise), text]) }, '/a'],
      [
        `tar in ${command} in a jar`,
        { 'a.jar': zipOf([{ name: 'c.tar', content: packedBy(command, folder) }]) },
        '/a.jar!/c.tar!/etc/c'
      ],
      [`${command} in ${command}`, { a: packedBy(command, packedBy(command, text)) }, '/a'],
      [
        `a file of a zip archive that is packed as ${command}`,
        { 'a.zip': zipOf([{ ...secret, method: command === 'xz' ? 95 : 12, packed: packed(command) }]) },
        '/a.zip!/x.yml'
      ]
    ]),
    [
      'xz with padding, and another check',
      {
        a: Buffer.concat([
          packedBy('xz', noise, '--check=sha256'),
          Buffer.alloc(8),
          packed('xz', '--check=none')
        ])
      },
      '/a'
    ],
    [
      'xz of several blocks',
      { a: packedBy('xz', Buffer.concat([noise, text, noise]), '--block-size=1000') },
      '/a'
    ],
    ['xz with a filter', { a: packed('xz', '--x86', '--lzma2=dict=4KiB') }, '/a'],
    ['xz -9', { a: packed('xz', '-9') }, '/a'],
    ['a link target', { a: { header: { type: 'symlink', linkname: value } } }, '/a: its attributes'],
    [
      'an extended attribute',
      { a: { header: { pax: { 'SCHILY.xattr.user.note': value } }, content: 'a' } },
      '/a: its attributes'
    ],
    ['the name of an owner', { a: { header: { uname: value } } }, '/a: its attributes'],
    ['the comment of an archive', { 'a.jar': zipOf([{ name: 'a', content: 'a' }], value) }, '/a.jar'],
    ['the comment of a file', { 'a.jar': zipOf([{ name: 'a', content: 'a', comment: value }]) }, '/a.jar']
  ])('%s is opened', async (_, files, place) => {
    expect(await search(files)).toEqual({ found: [place], unopened: [] })
  })

  test('a damaged file does not end the search of its archive, and is named', async () => {
    expect(await search({ 'a.jar': zipOf([damaged, secret]) })).toEqual({
      found: ['/a.jar!/x.yml'],
      unopened: ['/a.jar!/1 (damaged)']
    })
    const content = gzipSync(Buffer.concat([text, random.bytes(100_000)])).subarray(0, 50_000)
    expect(await search({ 'a.gz': content })).toEqual({ found: ['/a.gz'], unopened: ['/a.gz (damaged)'] })
  })

  test.each<[string, TarFiles, string]>([
    [
      'xz with a dictionary of 128 MB',
      { 'a.xz': packed('xz', '--lzma2=dict=128MiB') },
      '/a.xz (it needs more memory to unpack than is used)'
    ],
    [
      'an encrypted file',
      { 'a.zip': zipOf([{ ...secret, packed: random.bytes(99), flags: 1 }]) },
      '/a.zip!/x.yml (encryption)'
    ],
    ['a 7z archive', { 'a.7z': Buffer.from('377abcaf271c0004', 'hex') }, '/a.7z (7z)'],
    [
      'a large 7z archive',
      { a: Buffer.concat([Buffer.from('377abcaf271c', 'hex'), random.bytes(mb)]) },
      '/a (7z)'
    ],
    [
      'a rar archive in a jar',
      { 'a.jar': zipOf([{ name: 'b', content: 'Rar!\x1a\x07\x01\0' }]) },
      '/a.jar!/b (rar)'
    ],
    ['lz4', { a: Buffer.from('04224d18', 'hex') }, '/a (lz4)'],
    ['a package of Debian', { a: '!<arch>\ndebian-binary   1' }, '/a (deb)'],
    ['a file of another method', { 'a.zip': zipOf([{ ...secret, method: 12 }]) }, '/a.zip!/x.yml (bzip2)'],
    ['a file of another method', { 'a.zip': zipOf([{ ...secret, method: 9 }]) }, '/a.zip!/x.yml (deflate64)']
  ])('%s is not opened, and named', async (_, files, name) => {
    expect((await search({ ...files, 'b.jar': inner })).found).toContain('/b.jar!/x.yml')
    expect((await search(files)).unopened).toEqual([name])
  })

  test('the name of an archive that was not opened is withheld if it contains a secret', async () => {
    const { unopened } = await search(
      { [`${value}.xz`]: packed('xz') },
      programsOn({ PATH: '/does/not/exist' })
    )
    expect(unopened).toEqual(['(a file name that contains the secret)'])
  })

  test('a class with the magic number of an archive is scanned as it is', async () => {
    const bytes = Buffer.concat([random.bytes(100), Buffer.from('PK\x03\x04'), random.bytes(50), text])
    expect(await search({ 'A.class': bytes })).toEqual({ found: ['/A.class'], unopened: [] })
  })

  test('archives in one another are opened to a depth of 32, and the next one is named', async () => {
    let nested = inner
    for (let depth = 0; depth < 40; depth++) nested = zipOf([{ name: 'n', content: nested }])
    const { found, unopened } = await search({ 'a.jar': nested, 'b.jar': inner })
    expect(found).toEqual(['/b.jar!/x.yml'])
    expect(unopened).toEqual([
      expect.stringMatching(/^\/a\.jar(!\/n){32} \(more than 32 archives in one another\)$/)
    ])
  })
})

describe('a program that unpacks', () => {
  const inner = zipOf([secret])
  /** Returns a starter of programs that keeps them. */
  function kept(start: StartProgram = programs): { start: StartProgram; started: Group[] } {
    const started: Group[] = []
    return {
      started,
      start: (command, args) => {
        const group = start(command, args)
        started.push(group)
        return group
      }
    }
  }
  const by =
    (script: string): StartProgram =>
    () =>
      startGroup('sh', ['-c', script], { env: process.env, input: true })

  test.each(['xz', 'bzip2'])(
    'is missing: the archive is named, and scanned as it is: %s',
    async (command) => {
      const files = { 'a.x': Buffer.concat([packedBy(command, noise), text]), 'b.jar': inner }
      expect(await search(files, programsOn({ PATH: '/does/not/exist' }))).toEqual({
        found: ['/a.x', '/b.jar!/x.yml'],
        unopened: [`/a.x (the program ${command} cannot be started)`]
      })
    }
  )

  test.each([
    ['fails at once', 'exit 3', []],
    ['fails at its end', 'xz -dc; exit 3', ['/a.xz']],
    ['is killed', 'kill -9 $$', []]
  ])('%s: the archive is named, and the others are searched', async (_, script, found) => {
    const { start, started } = kept(by(script))
    expect(await search({ 'a.xz': packed('xz'), 'b.jar': inner }, start)).toEqual({
      found: [...found, '/b.jar!/x.yml'],
      unopened: [expect.stringMatching(/^\/a\.xz \(damaged: xz ended with exit code \d+\)$/)]
    })
    await started[0]?.ended
  })

  test.each(['xz', 'bzip2'])(
    'gets an archive that is cut or damaged: it is named, and the others are searched: %s',
    async (command) => {
      const whole = packedBy(command, Buffer.concat([text, randomBytes(300_000), text]), '-1')
      const broken = Buffer.from(whole)
      broken.fill(0x55, 200_000, 200_100)
      for (const archive of [whole.subarray(0, 200_000), broken]) {
        expect(await search({ a: archive, 'b.jar': inner })).toEqual({
          found: ['/a', '/b.jar!/x.yml'],
          unopened: [expect.stringMatching(/^\/a \(damaged: .* ended with exit code \d\)$/)]
        })
      }
    }
  )

  test.each(['xz', 'bzip2'])('gets an archive that is cut at any byte: it is named: %s', async (command) => {
    const whole = packed(command)
    for (let end = 12; end < whole.length; end += 21)
      expect((await search({ a: whole.subarray(0, end) })).unopened).toEqual([
        `/a (damaged: ${command} ended with exit code ${command === 'xz' ? 1 : 2})`
      ])
  })

  test.each([
    ['bzip2, then a text', Buffer.from('BZh91AY&SY'), text],
    ['bzip2, then noise and a text', Buffer.from('BZh91AY&SY'), Buffer.concat([random.bytes(700_000), text])],
    ['xz, then a text', Buffer.from('fd377a585a000004e6d6b446', 'hex'), text],
    ['xz, with a damaged block', packedBy('xz', random.bytes(300_000)).subarray(0, 200_000), text],
    ['bzip2, with a damaged block', packedBy('bzip2', random.bytes(2_500_000)).subarray(0, 2_000_000), text],
    ['bzip2 that becomes too large', packedBy('bzip2', Buffer.alloc(60 * mb)), text]
  ])('fails: what is not unpacked is scanned as it is: %s', async (_, begin, end) => {
    const { found, unopened } = await search({ a: Buffer.concat([begin, end]), 'b.jar': inner })
    expect(found).toEqual(['/a', '/b.jar!/x.yml'])
    expect(unopened).toEqual([expect.stringMatching(/^\/a \((damaged: .* ended|more than 100 times)/)])
  })

  test('has ended when its archive was searched, also where that unpacks to too much', async () => {
    const bomb = packedBy('xz', Buffer.alloc(20 * mb), '-1')
    const { start, started } = kept()
    const { found, unopened } = await search({ a: bomb, b: packed('bzip2'), 'c.jar': inner }, start)
    expect(found).toEqual(['/b', '/c.jar!/x.yml'])
    expect(unopened).toEqual(['/a (more than 100 times as large as its packed data)'])
    expect(started.length).toBe(2)
    expect(await Promise.all(started.map(async ({ ended }) => await ended))).toEqual([1, 0])
  })

  test('ends when the search ends early', async () => {
    const image = await imageOf(await tarOf({ a: packedBy('xz', randomBytes(600_000), '-0') }))
    const { start, started } = kept()
    async function* broken(): AsyncGenerator<Buffer> {
      yield image.subarray(0, 300_000)
      await Promise.resolve()
      throw new Error('the export broke off')
    }
    await expect(scanImage(broken(), matcher, undefined, start)).rejects.toThrow('the export broke off')
    expect(started.length).toBe(1)
    await started[0]?.ended
  })

  test('ends when the run is cancelled', async () => {
    const cancel = new AbortController()
    const { start, started } = kept(programsOn(process.env, cancel.signal))
    const image = await imageOf(await tarOf({ a: packedBy('xz', randomBytes(600_000), '-0') }))
    async function* cancelled(): AsyncGenerator<Buffer> {
      yield image.subarray(0, 300_000)
      await Promise.resolve()
      cancel.abort(new Error('the run was cancelled'))
      yield image.subarray(300_000)
    }
    await expect(scanImage(cancelled(), matcher, undefined, start)).rejects.toThrow('the run was cancelled')
    await expect(started[0]?.ended).rejects.toThrow('the run was cancelled')
  })

  test('runs at most eight times at once, for archives in one another', async () => {
    let nested: Buffer = text
    for (let depth = 0; depth < 12; depth++) nested = packedBy('bzip2', nested)
    const { start, started } = kept()
    expect(await search({ a: nested, b: packed('xz') }, start)).toEqual({
      found: ['/b'],
      unopened: ['/a (it needs more memory to unpack than is used)']
    })
    expect(started.length).toBe(9)
  })

  test('runs for a number of archives of an image', () => {
    const empty = new PassThrough()
    const group = {
      pid: 1,
      stdin: null,
      stdout: empty,
      stderr: empty,
      ended: Promise.resolve(0),
      kill: () => undefined
    }
    const opener = createOpener(() => group)
    let count = 0
    while (typeof opener.start('xz', []) !== 'string') count++
    expect(count).toBe(499)
    // What is refused costs nothing: jars are still opened.
    for (let more = 0; more < 10; more++)
      expect(opener.start('xz', [])).toBe('more archives of xz and bzip2 than are opened')
    expect(opener.enter()).toBe(true)
    opener.allow(1024 * 1024)
    expect(opener.start('xz', [])).toBe(group)
  })
})

describe('an archive that becomes too large', () => {
  test('is read to 100 times of its packed size, and named; what follows is searched', async () => {
    const bomb = {
      name: 'bomb',
      content: '',
      packed: deflateRawSync(Buffer.alloc(60 * mb)),
      sizesLater: true
    }
    const image = await imageOf(await tarOf({ 'a.jar': zipOf([bomb, secret]) }))
    const { findings, unopened, bytes } = await scanned(image)
    expect(findings.map(({ location }) => location?.file)).toEqual(['/a.jar!/x.yml'])
    expect(unopened.names).toEqual(['/a.jar!/bomb (more than 100 times as large as its packed data)'])
    expect(bytes).toBeLessThan(20 * mb)
  })

  test('has files one by one up to a number for the image; the rest is scanned as it is, and named', async () => {
    const opener = createOpener(programs)
    while (opener.enter());
    const archive = zipOf([
      { name: 'a', content: 'a' },
      { name: 'b', content: value, method: 0 }
    ])
    const read: string[] = []
    for await (const { name, bytes } of contentsOf({ name: 'a.jar', bytes: cut(archive) }, opener))
      read.push(`${name} ${(await buffer(bytes as AsyncIterable<Uint8Array>)).toString('latin1')}`)
    expect(read.map((text) => text.split(' ')[0])).toEqual(['a.jar', 'a.jar!/a', 'a.jar'])
    expect(read.at(-1)).toContain(value)
    expect(opener.unopened.names).toEqual(['a.jar (more files in archives than are searched one by one)'])
  })

  test('in zstd has windows of a bounded size, in each frame', async () => {
    const large = execFileSync('zstd', ['-c', '--ultra', '--long=30', '--no-content-size'], { input: text })
    const { found, unopened } = await search({ 'a.zst': Buffer.concat([packed('zstd'), large]), b: text })
    expect(found).toEqual(['/a.zst', '/b'])
    expect(unopened).toEqual(['/a.zst (damaged)'])
  })

  test('in zstd in zip has a bounded memory too', async () => {
    let nested: Buffer = text
    for (let depth = 0; depth < 5; depth++) {
      const input = zipOf([{ name: 'n', content: nested, method: 0 }])
      const zstd = execFileSync('zstd', ['-c', '--long=25', '--no-content-size'], {
        input: Buffer.concat([input, random.bytes(2000)])
      })
      nested = zipOf([{ name: 'z', content: '', packed: zstd, method: 93 }])
    }
    const { found, unopened } = await search({ a: nested, b: text })
    expect(found).toContain('/b')
    expect(unopened).toEqual([
      expect.stringMatching(/^\/a!\S+ \(it needs more memory to unpack than is used\)$/)
    ])
  })

  test('in zstd is unpacked by fzstd up to a number of moves of its window', () => {
    const opener = createOpener(programs)
    let moves = 0
    while (opener.move(32 * mb)) moves++
    expect(moves).toBe(476)
    opener.allow(mb)
    expect(opener.move(32 * mb)).toBe(true)
  })

  test('in zstd has a bounded memory for all windows that are open at the same time', async () => {
    let nested = text
    for (let depth = 0; depth < 5; depth++)
      nested = execFileSync('zstd', ['-c', '--long=25', '--no-content-size'], {
        input: Buffer.concat([nested, random.bytes(2000)])
      })
    const { found, unopened } = await search({ 'a.zst': nested, 'b.zst': packed('zstd') })
    expect(found).toContain('/b.zst')
    expect(unopened).toContain('/a.zst (it needs more memory to unpack than is used)')
  })

  test('counts for the whole image, by what comes out', async () => {
    // 60 times as large each: below the limit of one file.
    const block = Buffer.concat([random.bytes(1024), Buffer.alloc(59 * 1024)])
    const content = Buffer.concat(Array.from({ length: 20 }, () => block))
    const files = Array.from({ length: 20 }, (_, index) => ({ name: `${index}`, content, sizesLater: true }))
    const image = await imageOf(await tarOf({ 'a.jar': zipOf(files) }))
    const opener = createOpener(programs, 10 * mb)
    let size = 0
    for await (const { bytes } of filesOfImage(cut(image), noLayers(), opener))
      size += (await buffer(bytes as AsyncIterable<Uint8Array>)).length
    expect(opener.unopened.names.at(-1)).toBe('/a.jar!/19 (more unpacked data in the image than is searched)')
    expect(size).toBeLessThan(3 * image.length + 10 * mb)
  })
})

describe('layers', () => {
  const old = Buffer.from(layer)
  old.fill(0, 257, 345)
  old.write('        ', 148)
  const sum = old.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  old.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)

  test.each([
    ['ustar', layer],
    ['v7', old],
    ['GNU', execFileSync('tar', ['--format=gnu', '-cf-', '-C', '/', 'etc/hostname'])],
    ['empty', Buffer.alloc(1024)],
    ['gzip', gzipSync(layer)],
    ['zstd', execFileSync('zstd', ['-c'], { input: layer })],
    [
      'zstd of several frames, with one to skip',
      Buffer.concat([
        execFileSync('zstd', ['-c'], { input: layer.subarray(0, 600) }),
        Buffer.from('502a4d180300000001020a', 'hex'),
        execFileSync('zstd', ['-c'], { input: layer.subarray(600) })
      ])
    ],
    ['zstd of one segment', execFileSync('zstd', ['-c', '--content-size', '-19'], { input: layer })]
  ])('a layer is read whatever its format is: %s', async (name, bytes) => {
    const { findings, layers } = await scanned(await imageOf(bytes))
    expect(unreadReason(layers)).toBeUndefined()
    expect(findings.length).toBe(['GNU', 'empty'].includes(name) ? 0 : 1)
  })

  test.each([
    ['is packed with xz', execFileSync('xz', ['-c'], { input: layer }), 'it is not a tar archive'],
    ['is something else', Buffer.from('text'), 'it is not a tar archive'],
    [
      'is damaged',
      Buffer.concat([layer.subarray(0, 512), Buffer.alloc(600, 'x')]),
      'its tar archive is damaged'
    ],
    ['ends early', layer.subarray(0, 700), 'its tar archive is damaged'],
    ['has more behind its end', Buffer.concat([gzipSync(layer), Buffer.alloc(600, 'x')]), 'it is damaged'],
    ['is damaged gzip', gzipSync(layer).subarray(0, 100), 'it is damaged']
  ])('the search has a gap if a layer %s', async (_, bytes, reason) => {
    const { layers } = await scanned(await imageOf(layer, bytes))
    expect(unreadReason(layers)).toContain(`layer 2 of 2 was not read: ${reason}`)
  })

  test('the search has a gap if a layer or the manifest is missing', async () => {
    const manifest = JSON.stringify([{ Layers: ['a', 'b'] }])
    const missing = await scanned(await tarOf({ a: layer, 'manifest.json': manifest }))
    expect(unreadReason(missing.layers)).toBe(
      'layer 2 of 2 was not read: it is missing in the export of Docker'
    )
    expect(unreadReason((await scanned(await tarOf({ a: layer }))).layers)).toContain('no list of its layers')
  })

  test('a link stands for the layer that older versions of Docker store once', async () => {
    const manifest = JSON.stringify([{ Layers: ['a/layer.tar', 'b/layer.tar'] }])
    const link = { header: { type: 'symlink', linkname: '../a/layer.tar' } as const }
    const { layers } = await scanned(
      await tarOf({ 'a/layer.tar': layer, 'b/layer.tar': link, 'manifest.json': manifest })
    )
    expect(unreadReason(layers)).toBeUndefined()
  })
})

/** Milliseconds for a thousand scans of a small image on a busy machine. */
const LONG = 120_000

describe('the pieces of a stream', () => {
  const content = zipOf([
    { name: 'a', content: random.bytes(200), method: 0 },
    { ...secret, sizesLater: true },
    { name: 'b.jar', content: zipOf([secret]), method: 0 }
  ])
  const start = Buffer.concat([Buffer.from('#!/bin/sh\n'), content])
  /** Returns everything that the search reads. */
  async function result(image: Buffer, ...ends: number[]): Promise<unknown> {
    const layers = noLayers()
    const opener = createOpener(programs)
    const read: [string, ...(Buffer | undefined)[]][] = []
    for await (const { name, attributes, bytes } of filesOfImage(cut(image, ...ends), layers, opener))
      read.push([name, attributes, await buffer(bytes as AsyncIterable<Uint8Array>)])
    return { read, layers, unopened: opener.unopened }
  }

  // The first 1024 bytes of the archive have the headers of the layer and of its first file, or packed data.
  test.each([
    ['tar', async () => await tarOf({ 'a.jar': start, b: { header: { pax: { 'SCHILY.xattr.a': value } } } })],
    ['gzip', async () => gzipSync(await tarOf({ 'a.gz': gzipSync(content), 'a.jar': start }))],
    [
      'zstd',
      async () => execFileSync('zstd', ['-c'], { input: await tarOf({ 'a.jar': start, b: packed('zstd') }) })
    ]
  ])(
    'do not change the result: a layer in %s, cut at every byte of its first 1024',
    async (_, layer) => {
      const image = await imageOf(await layer())
      const at = image.indexOf('blobs/sha256/0') + 512
      const whole = await result(image)
      expect(JSON.stringify(whole)).toContain('/a.jar!/b.jar!/x.yml')
      for (const ends of everyEnd(at, 1024))
        expect(isDeepStrictEqual(await result(image, ...ends), whole)).toBe(true)
    },
    LONG
  )

  // Packed, these are longer than 1024 bytes too.
  const folderOf = async (files: TarFiles): Promise<Buffer> => await tarOf({ ...files, noise })
  const zips = (method: number): Buffer =>
    zipOf([
      { name: 'b.jar', content: zipOf([secret, { name: 'noise', content: noise }]), method },
      { name: 'c.war', content: zipOf([{ name: 'd.jar', content, method }]), sizesLater: method === 8 },
      { name: 'e', content: packed('zstd'), method: 0 }
    ])
  const unpacked = Buffer.concat([text, noise, text])

  test.each<[string, () => Buffer | Promise<Buffer>, string]>([
    ['tar', () => folderOf({ 'x.yml': text, 'a.jar': content }), 'a!/a.jar!/b.jar!/x.yml'],
    [
      'tar with extended headers',
      () => folderOf({ 'x.yml': { content: text, header: { pax: { 'SCHILY.xattr.user.a': value } } } }),
      'a!/x.yml'
    ],
    ['gzip', () => gzipSync(unpacked), 'a'],
    ['gzip of several members', () => Buffer.concat([text, noise, text].map((part) => gzipSync(part))), 'a'],
    ['tar in gzip', async () => gzipSync(await folderOf({ 'a.jar': content })), 'a!/a.jar!/b.jar!/x.yml'],
    ['zip', () => zipOf([secret, { name: 'noise', content: noise }]), 'a!/x.yml'],
    [
      'zip with a script in front',
      () => Buffer.concat([Buffer.from('#!/bin/sh\n'), zips(8)]),
      'a!/b.jar!/x.yml'
    ],
    ['zip with a program in front', () => Buffer.concat([random.bytes(700), zips(8)]), 'a!/b.jar!/x.yml'],
    ['jar in jar, stored', () => zips(0), 'a!/c.war!/d.jar!/b.jar!/x.yml'],
    ['jar in jar, deflated', () => zips(8), 'a!/c.war!/d.jar!/b.jar!/x.yml'],
    ['zstd', () => execFileSync('zstd', ['-c'], { input: unpacked }), 'a'],
    [
      'zstd of several frames',
      () => Buffer.concat([text, noise].map((input) => execFileSync('zstd', ['-c'], { input }))),
      'a'
    ]
  ])(
    'do not change the result: %s, cut at every byte of its first 1024',
    async (_, archive, place) => {
      const bytes = await archive()
      expect(bytes.length).toBeGreaterThan(1024)
      async function read(...ends: number[]): Promise<unknown> {
        const opener = createOpener(programs)
        const parts: [string, ...(Buffer | undefined)[]][] = []
        for await (const part of contentsOf({ name: 'a', bytes: cut(bytes, ...ends) }, opener))
          parts.push([part.name, part.attributes, await buffer(part.bytes as AsyncIterable<Uint8Array>)])
        // The pieces of one file can be any.
        const whole = new Map<string, Buffer>()
        for (const [name, ...rest] of parts)
          whole.set(
            name,
            Buffer.concat([whole.get(name) ?? Buffer.alloc(0), ...rest.map((one) => one ?? Buffer.alloc(0))])
          )
        return { whole, unopened: opener.unopened }
      }
      const whole = (await read()) as { whole: Map<string, Buffer>; unopened: unknown }
      expect(whole.whole.get(place)?.includes(value)).toBe(true)
      expect(whole.unopened).toEqual({ count: 0, names: [] })
      for (const ends of everyEnd(1, 1024)) expect(isDeepStrictEqual(await read(...ends), whole)).toBe(true)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 9 }), async (ends) => {
          expect(isDeepStrictEqual(await read(...ends.sort((a, b) => a - b)), whole)).toBe(true)
        }),
        { numRuns: 50 }
      )
    },
    LONG
  )

  // Programs unpack these, so the bytes that they get are compared.
  test.each<[string, (reader: ByteReader) => AsyncGenerator<Buffer>, string[]]>([
    ['xz', streamsOfXz, ['--block-size=700']],
    ['bzip2', streamsOfBzip2, []]
  ])(
    'do not change the streams of %s, cut at every byte of their first 1024',
    async (command, streams, options) => {
      const packed = Buffer.concat([noise, text].map((input) => packedBy(command, input, ...options)))
      const bytes = Buffer.concat([packed, Buffer.from('something that follows')])
      async function read(...ends: number[]): Promise<string[]> {
        const reader = createByteReader(cut(bytes, ...ends))
        return [await buffer(streams(reader)), await buffer(reader.pieces())].map((one) =>
          one.toString('hex')
        )
      }
      const whole = [packed.toString('hex'), Buffer.from('something that follows').toString('hex')]
      expect(packed.length).toBeGreaterThan(1024)
      for (const ends of everyEnd(1, bytes.length))
        expect(isDeepStrictEqual(await read(...ends), whole)).toBe(true)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 90 }), async (ends) => {
          expect(await read(...ends.sort((a, b) => a - b))).toEqual(whole)
        }),
        { numRuns: 100 }
      )
      expect(await read(...Array.from({ length: bytes.length }, (_, at) => at))).toEqual(whole)
      const cuts = Array.from({ length: 20 }, (_, index) => index * 52)
      for (const file of [{ a: bytes }, { a: packedBy(command, await folderOf({ 'x.yml': text })) }]) {
        const image = await imageOf(await tarOf(file))
        const at = image.indexOf('blobs/sha256/0') + 1024
        const { findings, unopened } = await scanned(image)
        expect([findings.length, unopened.count]).toEqual([1, 0])
        for (const end of cuts) expect((await scanned(image, at + end)).findings).toEqual(findings)
      }
    },
    LONG
  )

  test(
    'do not change the result, wherever they end',
    async () => {
      const image = await imageOf(
        await tarOf({ 'a.jar': start, 'a.tar': await tarOf({ 'a.gz': gzipSync(text) }) })
      )
      const whole = await result(image)
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(image.length), { maxLength: 50 }), async (ends) => {
          expect(await result(image, ...ends.sort((a, b) => a - b))).toEqual(whole)
        }),
        { numRuns: 50 }
      )
      expect(await result(image, ...Array.from({ length: image.length }, (_, at) => at))).toEqual(whole)
    },
    LONG
  )
})
