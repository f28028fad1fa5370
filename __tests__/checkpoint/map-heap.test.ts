import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { reasonToLoad } from '../../src/checkpoint/map-heap.js'
import type { CheckpointEngine } from '../../src/checkpoint/choose-engine.js'
import { CRAC_DIR } from '../../src/lib/image-paths.js'
import { ROOT } from '../support/inputs.js'
import { temporaryFolder } from '../support/temporary-folder.js'

describe('reasonToLoad', () => {
  const inputs = { memory: 'mapped' as const }
  const criu: CheckpointEngine = { name: 'criu', kind: 'system', version: '4.1.1', why: '', privileges: [] }
  test.each([
    ['nothing', inputs, criu, undefined],
    ['the input', { memory: 'loaded' as const }, criu, '`memory` is `loaded`'],
    ['Warp', inputs, { name: 'warp' as const }, 'Warp'],
    ['the CRIU of the JDK', inputs, { ...criu, kind: 'bundled' as const }, 'CRIU of the JDK']
  ])('is given for %s', (_, given, engine, reason) => {
    const found = reasonToLoad(given, engine)
    expect(found?.includes(reason ?? '-')).toBe(reason === undefined ? undefined : true)
  })
})

describe('docker/checkpoint/map-heap.sh', () => {
  let home: string
  temporaryFolder((created) => (home = created))

  const PAGES = Buffer.from('aabbccddee')
  async function run(mapped: string, loaded: string): Promise<Record<string, string>> {
    const script = path.join(ROOT, 'docker/checkpoint/map-heap.sh')
    const text = (await readFile(script, 'utf8')).replaceAll(CRAC_DIR, home)
    await mkdir(path.join(home, 'evidence/heap/images'), { recursive: true })
    await mkdir(path.join(home, 'snapshot'))
    const files = { mapped, loaded, 'images/mm-1.img': 'new mm', 'images/files.img': 'new files' }
    for (const [name, content] of Object.entries(files))
      await writeFile(path.join(home, 'evidence/heap', name), content)
    const dumped = {
      'pages-1.img': PAGES,
      'mm-1.img': 'old mm',
      'files.img': 'old files',
      'core-1.img': 'core'
    }
    for (const [name, content] of Object.entries(dumped)) {
      await writeFile(path.join(home, 'snapshot', name), content)
      await chmod(path.join(home, 'snapshot', name), 0o400)
    }
    const { status, stderr } = spawnSync('sh', ['-c', text, 'map-heap.sh', 'pages-1.img', 'pages-2.img'], {
      encoding: 'utf8'
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const found: Record<string, string> = {}
    for (const name of (await readdir(path.join(home, 'snapshot'))).sort())
      found[name] = await readFile(path.join(home, 'snapshot', name), 'utf8')
    return found
  }
  const others = { 'mm-1.img': 'new mm', 'files.img': 'new files', 'core-1.img': 'core' }

  test('cuts the file of pages where the heap is at its beginning', async () => {
    const found = await run('0 4\n', '4 6\n')
    expect(found).toEqual({ ...others, 'pages-1.img': 'aabb', 'pages-2.img': 'ccddee' })
  })

  test('moves the ranges that are not at the beginning', async () => {
    const found = await run('0 4\n6 1\n8 2\n', '4 2\n7 1\n')
    expect(found).toEqual({ ...others, 'pages-1.img': 'aabbdee', 'pages-2.img': 'ccd' })
  })

  test('moves a range over a part of itself', async () => {
    const found = await run('1 9\n', '0 1\n')
    expect(found).toEqual({ ...others, 'pages-1.img': 'abbccddee', 'pages-2.img': 'a' })
  })

  test('copies the ranges of a heap that is elsewhere', async () => {
    const found = await run('2 2\n6 2\n', '0 2\n4 2\n8 2\n')
    expect(found).toEqual({ ...others, 'pages-1.img': 'bbdd', 'pages-2.img': 'aaccee' })
  })
})
