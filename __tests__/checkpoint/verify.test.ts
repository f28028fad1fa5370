import { beforeEach, describe, expect, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { verifySnapshot, verifyWarpSnapshot, type Evidence } from '../../src/checkpoint/verify.js'
import { criuImage, PAGEMAP, protobuf, STATS } from '../support/criu.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const GOOD_LOG = '(00.000052) Version: 4.1.1 (gitid 0)\n(00.912345) Dumping finished successfully\n'
const FAILED_LOG =
  '(00.000052) Version: 3.17.1-crac (gitid 0)\n' +
  '(00.003) Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\n(00.004) Error (criu/cr-dump.c:2098): Dumping FAILED.\n'

describe('verifySnapshot', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))
  beforeEach(async () => {
    await mkdir(path.join(folder, 'images'))
  })

  /** What docker/checkpoint/checkpoint.sh leaves after a good checkpoint, with changes. */
  async function evidence(changes: Record<string, string | Buffer | undefined> = {}): Promise<Evidence> {
    const files = {
      'dump4.log': GOOD_LOG,
      'stats-dump': criuImage(STATS, { 1: protobuf({ 1: 1, 2: 2, 3: 3, 4: 4, 7: 2 }) }),
      'images/pagemap-134.img': criuImage(PAGEMAP, { 1: 1 }, { 1: 0x1000, 2: 2, 4: 4 }),
      files: '40 inventory.img\n60 pagemap-134.img\n8192 pages-1.img\n',
      ...changes
    }
    for (const [name, content] of Object.entries(files)) {
      if (content !== undefined) await writeFile(path.join(folder, name), content)
    }
    return { evidence: folder, images: path.join(folder, 'images') }
  }
  const killed = { exitCode: 137, oomKilled: false }

  test('a complete snapshot has its size, its statistics and the version of CRIU', async () => {
    expect(await verifySnapshot(await evidence(), killed, '')).toMatchObject({
      size: 8292,
      criuVersion: '4.1.1',
      criuDuration: expect.closeTo(912.345),
      statistics: { frozenTime: 2, pagesWritten: 2 }
    })
  })

  test('a snapshot needs no statistics', async () => {
    expect(await verifySnapshot(await evidence({ 'stats-dump': 'broken' }), killed, '')).toMatchObject({
      statistics: undefined
    })
  })

  test.each([
    [
      'the pages are cut',
      { files: '40 inventory.img\n60 pagemap-134.img\n4096 pages-1.img\n' },
      'pages-1.img has 4096 bytes'
    ],
    [
      'the pages are empty',
      { files: '40 inventory.img\n60 pagemap-134.img\n0 pages-1.img\n' },
      'pages-1.img has 0 bytes where pagemap-134.img counts 8192'
    ],
    ['the pages are missing', { files: '40 inventory.img\n60 pagemap-134.img\n' }, 'pages-1.img has 0 bytes'],
    [
      'the inventory is missing',
      { files: '60 pagemap-134.img\n8192 pages-1.img\n' },
      'inventory.img is missing'
    ],
    ['the page maps are missing', { files: '40 inventory.img\n' }, 'its page map is missing'],
    ['a page map is broken', { 'images/pagemap-134.img': 'x' }, 'pagemap-134.img cannot be read']
  ])('a snapshot is refused when %s', async (_, changes, message) => {
    await expect(verifySnapshot(await evidence(changes), killed, '')).rejects.toThrow(message)
  })

  test('refuses a successful log of a JVM that survived', async () => {
    await expect(verifySnapshot(await evidence(), { exitCode: 0, oomKilled: false }, '')).rejects.toThrow(
      'ended with 0 instead of 137'
    )
  })

  test("CRIU's first error is the cause, whatever the exit code", async () => {
    await expect(
      verifySnapshot(await evidence({ 'dump4.log': FAILED_LOG }), killed, '')
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /^CRIU could not take the snapshot\. .* The exit code of the JVM was 137\.$/
      ),
      signature: { id: 'criu-vdso-bounds' },
      evidence: expect.stringContaining('Unexpected rt vDSO area bounds')
    })
  })

  test('reports an application that ends before CRIU begins', async () => {
    const end = { exitCode: 0, oomKilled: false }
    const ended = verifySnapshot(await evidence({ 'dump4.log': undefined }), end, '')
    await expect(ended).rejects.toMatchObject({
      category: 'application',
      message: 'The application ended with exit code 0 during the checkpoint, before CRIU began.'
    })
  })

  test('verifies a snapshot of Warp by its files only', async () => {
    const end = { exitCode: 0, oomKilled: false }
    expect(await verifyWarpSnapshot(await evidence({ files: '5 image\n' }), end)).toMatchObject({ size: 5 })
    await expect(verifyWarpSnapshot(await evidence({ files: '' }), end)).rejects.toThrow(
      'during the checkpoint'
    )
  })

  test('reports that the memory ran out', async () => {
    await expect(verifySnapshot(await evidence(), { exitCode: 137, oomKilled: true }, '')).rejects.toThrow(
      'out of memory'
    )
  })
})
