import { expect, test } from '@jest/globals'
import { buffer } from 'node:stream/consumers'
import { extract, pack, type Header } from 'tar-stream'
import { planSnapshotLayer } from '../../src/assembly/snapshot-layer.js'
import { sizeOfLayer, tarOfLayer } from '../../src/image/layer-tar.js'
import { fakeDocker } from '../support/fake-docker.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let work: string
temporaryFolder((created) => (work = created))

const TIME = new Date('2026-01-02T03:04:05Z')
/** More than the streams on the way hold. */
const MEMORY = 'm'.repeat(4_000_000)

/** Copies out of the container that have not ended. */
let copies = 0

type Entry = Partial<Header> & { name: string; content?: string }

async function tarOf(entries: Entry[]): Promise<string> {
  const tar = pack()
  for (const { content, ...header } of entries)
    tar.entry({ uid: 10001, gid: 10001, mode: 0o644, mtime: TIME, ...header }, content ?? '')
  tar.finalize()
  return (await buffer(tar)).toString('latin1')
}

const folder = (name: string, more: Partial<Header> = {}): Entry => ({
  name,
  type: 'directory',
  mode: 0o755,
  ...more
})

async function layerOf(
  snapshot: Entry[],
  files: { name: string; size: number }[]
): Promise<[Header, string][]> {
  const folders: Record<string, Entry[]> = {
    '/tmp': [
      // As an engine with user-namespace remapping copies it: with the owner on the host.
      folder('tmp/', { uid: 100_000, gid: 100_000, mode: 0o1777 }),
      folder('tmp/hsperf/', { uid: 7 }),
      { name: 'tmp/hsperf/1', content: 'data', uid: 7 },
      { name: 'tmp/again', type: 'link', linkname: 'tmp/hsperf/1' },
      { name: 'tmp/to', type: 'symlink', linkname: '/etc' },
      { name: 'tmp/größe', content: '' }
    ],
    '/home/app': [folder('app/', { mode: 0o750 }), { name: 'app/state', content: 'x' }],
    '/opt/crac-checkpoint/snapshot': [folder('snapshot/', { mode: 0o700 }), ...snapshot]
  }
  const docker = fakeDocker(async (args) => {
    if (args[0] === 'exec')
      return ['755 0 0', '755 0 0', '750 0 5', '1777 0 0', '750 10001 10001']
        .map((folder) => `${folder} directory`)
        .join('\n')
    return await tarOf(folders[(args[1] ?? '').replace('box:', '')] ?? [])
  })
  const counting = {
    ...docker,
    stream: async <T>(...args: Parameters<typeof docker.stream<T>>): Promise<T> => {
      copies++
      return await docker.stream(...args).finally(() => copies--)
    }
  }
  const plan = await planSnapshotLayer({
    docker: counting,
    container: 'box',
    files,
    user: { uid: 10001, gid: 10002 },
    work
  })
  const tar = await buffer(tarOfLayer(plan))
  expect(tar.length).toBe(await sizeOfLayer(plan))
  const parser = extract()
  parser.end(tar)
  const entries: [Header, string][] = []
  for await (const entry of parser) entries.push([entry.header, String(await buffer(entry))])
  return entries
}

const SNAPSHOT = [
  { name: 'snapshot/core-130.img', content: 'core' },
  { name: 'snapshot/pages-1.img', content: MEMORY, mode: 0o600, uid: 0 }
]

test('the layer has the snapshot, and what the application wrote, for its user', async () => {
  const entries = await layerOf(SNAPSHOT, [
    { name: 'pages-1.img', size: MEMORY.length },
    { name: 'core-130.img', size: 4 }
  ])
  const shown = entries.map(([{ name, type, mode, uid, gid, mtime, linkname }, content]) =>
    [
      name,
      type,
      mode?.toString(8),
      uid,
      gid,
      mtime?.getTime() === 0 ? 'epoch' : 'kept',
      linkname ?? content.slice(0, 4)
    ].join(' ')
  )
  expect(shown).toEqual([
    'home directory 755 0 0 epoch ',
    'opt directory 755 0 0 epoch ',
    'opt/crac-checkpoint directory 750 0 5 epoch ',
    'tmp directory 1777 0 0 kept ',
    'tmp/hsperf directory 755 10001 10002 kept ',
    'tmp/hsperf/1 file 644 10001 10002 kept data',
    'tmp/again link 644 10001 10002 kept tmp/hsperf/1',
    'tmp/to symlink 644 10001 10002 kept /etc',
    'tmp/größe file 644 10001 10002 kept ',
    'home/app directory 750 10001 10001 kept ',
    'home/app/state file 644 10001 10002 kept x',
    'opt/crac-checkpoint/tmp directory 755 10001 10002 kept ',
    'opt/crac-checkpoint/tmp/hsperf directory 755 10001 10002 kept ',
    'opt/crac-checkpoint/tmp/hsperf/1 file 644 10001 10002 kept data',
    'opt/crac-checkpoint/tmp/again link 644 10001 10002 kept opt/crac-checkpoint/tmp/hsperf/1',
    'opt/crac-checkpoint/tmp/to symlink 644 10001 10002 kept /etc',
    'opt/crac-checkpoint/tmp/größe file 644 10001 10002 kept ',
    'opt/crac-checkpoint/snapshot directory 755 10001 10002 epoch ',
    'opt/crac-checkpoint/snapshot/core-130.img file 400 10001 10002 epoch core',
    'opt/crac-checkpoint/snapshot/pages-1.img file 400 10001 10002 epoch mmmm'
  ])
})

test.each([
  ['that its check did not see', [...SNAPSHOT, { name: 'snapshot/x', content: 'x' }]],
  ['of another size', [{ name: 'snapshot/core-130.img', content: 'core dump' }, ...SNAPSHOT.slice(1)]]
])(
  'a snapshot with a file %s makes no layer, and its copy out of the container ends',
  async (_what, snapshot) => {
    const files = [
      { name: 'core-130.img', size: 4 },
      { name: 'pages-1.img', size: MEMORY.length }
    ]
    await expect(layerOf(snapshot, files)).rejects.toThrow()
    expect(copies).toBe(0)
  }
)
