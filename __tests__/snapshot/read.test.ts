import { beforeEach, describe, expect, test } from '@jest/globals'
import { cp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readSnapshot } from '../../src/snapshot/read.js'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

// What docker/checkpoint/ collected of samples/micronaut-hello on JDK 21 with CRIU 4.1.1: without the memory itself.
const FIXTURE = path.join(ROOT, '__tests__/fixtures/snapshot')
const PAGES = 116_187_136

describe('readSnapshot', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))
  beforeEach(async () => {
    await cp(FIXTURE, folder, { recursive: true })
  })

  test('summarizes the content of a real snapshot', async () => {
    const { content } = (await readSnapshot(folder, path.join(folder, 'images'))) ?? {}
    expect(content).toMatchObject({
      processes: 1,
      user: { uid: 10001, gid: 10001, groups: [10001] },
      open: { files: ['/dev/null'], sockets: 0 },
      environment: [
        'CRAC_CRIU_OPTS',
        'CRAC_CRIU_PATH',
        'GREETINGX',
        'HOME',
        'HOSTNAME',
        'JAVA_HOME',
        'PATH',
        'PWD'
      ]
    })
    expect(content?.threads.slice(0, 4)).toEqual([
      { name: 'GC Thread', count: 2 },
      { name: 'default-eventLo', count: 2 },
      { name: 'java-hotspot', count: 2 },
      { name: 'C1 CompilerThre', count: 1 }
    ])
    expect(content?.threads.reduce((sum, { count }) => sum + count, 0)).toBe(23)
  })

  test('the memory by kind adds up to the pages', async () => {
    const { memory } = (await readSnapshot(folder, path.join(folder, 'images')))?.content ?? {}
    expect(memory).toMatchObject({ javaHeap: 28_352_512, code: 5_521_408, environment: 525 })
    expect(Object.values(memory ?? {}).reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)).toBe(PAGES)
  })

  test('locates bytes of the file of pages', async () => {
    const { map } = (await readSnapshot(folder, path.join(folder, 'images'))) ?? {}
    // Its first page was at the bottom of the heap.
    expect(map?.locate('pages-1.img', 4097)).toEqual({
      kind: 'javaHeap',
      pid: 137,
      address: 0x687400000 + 4097,
      mapping: { start: 0x687400000, end: 0x689000000 },
      file: undefined
    })
    expect(map?.locate('pages-1.img', -1)).toBeUndefined()
    expect(map?.locate('pages-3.img', 0)).toBeUndefined()
  })

  test('plans to map the heap and the classes, and locates their bytes in the two files', async () => {
    const { map, heap, content } = (await readSnapshot(folder, path.join(folder, 'images'))) ?? {}
    expect(heap).toMatchObject({
      mapped: { mapped: { name: 'pages-1.img' }, loaded: { name: 'pages-2.img' } }
    })
    const { mapped = 0, loaded = 0 } = content?.restore ?? {}
    expect(mapped + loaded).toBe(PAGES)
    expect(mapped).toBeGreaterThan(54_000_000)
    expect(map?.locate('pages-1.img', 4097)?.kind).toBe('javaHeap')
    expect(map?.locate('pages-1.img', mapped - 1)?.kind).toBe('classes')
    expect(map?.locate('pages-1.img', mapped)).toBeUndefined()
    expect(map?.locate('pages-2.img', loaded - 1)).toMatchObject({ kind: 'stacks', address: 0x7ffc63564fff })
    expect(map?.locate('pages-2.img', loaded)).toBeUndefined()
  })

  test.each<[string, (folder: string) => Promise<unknown>, string | undefined, string]>([
    ['the caller has a reason', () => Promise.resolve(), 'a reason', 'a reason'],
    [
      'the JVM does not report its heap',
      (folder) => rm(path.join(folder, 'jvm-memory')),
      undefined,
      'the JVM does not report the addresses of its heap'
    ]
  ])('keeps the pages as they are, with the reason, where %s', async (_, change, given, reason) => {
    await change(folder)
    const { map, heap, content } = (await readSnapshot(folder, path.join(folder, 'images'), given)) ?? {}
    expect(heap).toEqual({ loadedBecause: reason })
    expect(content?.restore).toEqual({ mapped: 0, loaded: PAGES, loadedBecause: reason })
    expect(map?.locate('pages-1.img', PAGES - 1)).toMatchObject({ kind: 'stacks' })
  })

  test('locates bytes, but gives no sizes by kind, where the JVM did not report its memory', async () => {
    await rm(path.join(folder, 'jvm-memory'))
    const reading = await readSnapshot(folder, path.join(folder, 'images'))
    expect(reading?.content.memory).toBeUndefined()
    expect(reading?.map.locate('pages-1.img', PAGES - 1)?.kind).toBe('stacks')
  })

  test('has no names of the environment where their file is missing', async () => {
    await rm(path.join(folder, 'environment-names'))
    expect((await readSnapshot(folder, path.join(folder, 'images')))?.content.environment).toBeUndefined()
  })

  test.each(['pstree.img', 'core-140.img', 'mm-137.img', 'files.img'])(
    'gives nothing where %s is of another kind, or missing',
    async (name) => {
      await writeFile(path.join(folder, 'images', name), 'another kind of file')
      expect(await readSnapshot(folder, path.join(folder, 'images'))).toBeUndefined()
      await rm(path.join(folder, 'images', name))
      expect(await readSnapshot(folder, path.join(folder, 'images'))).toBeUndefined()
    }
  )
})
