import { describe, expect, test } from '@jest/globals'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { recordStart } from '../../../src/image/start/record.js'
import { withStartSettings } from '../../../src/image/start/started-image.js'
import { entriesOfTar } from '../../../src/lib/tar-entries.js'
import { shipped } from '../../../src/shipped.js'
import { fakeDocker } from '../../support/fake-docker.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

interface Entry {
  type?: 'file' | 'directory' | 'symlink'
  mode?: number
  content?: string
}

/** What a run writes, by path, and what java gets in it. */
interface Run {
  files?: Record<string, Entry>
  diff?: string[]
  words?: string[]
  environment?: Record<string, string>
}

const environ = (variables: Record<string, string>): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('')

async function archiveOf(
  name: string,
  { type = 'file', mode = 0o644, content = '' }: Entry
): Promise<string> {
  const tar = pack()
  const header = { name, type, mode, ...(type === 'symlink' ? { linkname: 'x' } : {}) }
  tar.entry(header, type === 'file' ? content : '')
  // docker cp gives a folder with what is in it.
  if (type === 'directory') tar.entry({ name: `${name}/inside` }, 'x')
  tar.finalize()
  return (await buffer(tar)).toString('latin1')
}

describe('two runs of a start command', () => {
  let work: string
  temporaryFolder((created) => (work = created))

  /** Records a start of which each run does this; `env` is the input. */
  const record = async (runs: [Run, Run], env: Record<string, string> = {}) => {
    const before = { ...env, A: 'b' }
    const docker = fakeDocker(async (args) => {
      const run = runs[args.some((arg) => /start-2(?::|$)/.test(arg)) ? 1 : 0]
      if (args[0] === 'diff')
        return (run.diff ?? Object.keys(run.files ?? {}).map((file) => `A ${file}`)).join('\n')
      const [, from = '', to = ''] = args
      if (args[0] !== 'cp') return ''
      const file = from.slice(from.indexOf(':') + 1)
      if (to === '-') return await archiveOf(path.posix.basename(file), run.files?.[file] ?? {})
      const records = {
        'java.status': '',
        'java.cmdline': ['/bin/sh', '/opt/crac-java/bin/java', ...(run.words ?? ['a'])]
          .map((word) => `${word}\0`)
          .join(''),
        'before.environ': environ(before),
        'java.environ': environ({ ...before, ...run.environment }),
        'java.folder': '/srv\n'
      }
      await mkdir(path.join(to, 'record'))
      for (const [name, text] of Object.entries(records)) await writeFile(path.join(to, 'record', name), text)
      return ''
    })
    const setting = { image: 'a:1', user: '10:20', env, dockerFolder: shipped().dockerFolder }
    return await recordStart({ docker, id: '1', work }, setting, ['/start.sh'])
  }

  const both = async (run: Run, env?: Record<string, string>) => await record([run, run], env)

  test('give the files that both write, with their modes', async () => {
    const files = {
      '/srv/new': { type: 'directory', mode: 0o700 },
      '/srv/new/a': { mode: 0o600, content: 'text' }
    } as const
    const found = await both({ files })
    if ('problem' in found) throw new Error(found.problem)
    expect([...found.written]).toEqual([
      ['/srv/new', expect.objectContaining({ type: 'directory', mode: 0o700, copy: undefined })],
      ['/srv/new/a', expect.objectContaining({ type: 'file', mode: 0o600, size: 4 })]
    ])
    const builder = fakeDocker(() => '')
    await withStartSettings({ docker: builder, id: '1', work }, 'a:1', '10:20', found)
    const archive = createReadStream(path.join(work, 'started-1/written.tar'))
    const entries: unknown[] = []
    for await (const entry of entriesOfTar(archive)) {
      const { name, mode, uid, gid } = entry.header
      entries.push([name.replace(/\/$/, ''), mode, uid, gid, (await buffer(entry)).toString()])
    }
    expect(entries).toEqual([
      ['srv/new', 0o700, 10, 20, ''],
      ['srv/new/a', 0o600, 10, 20, 'text']
    ])
    expect(await readFile(path.join(work, 'started-1/Dockerfile'), 'utf8')).toBe(
      'FROM a:1\nADD written.tar /\n'
    )
  })

  test.each<[string, Entry | undefined, string]>([
    ['content, such as a key', { content: 'key-2' }, 'the content or the mode of /srv/key.pem'],
    ['mode', { content: 'key-1', mode: 0o600 }, 'the content or the mode of /srv/key.pem'],
    ['type', { type: 'directory' }, 'the content or the mode of /srv/key.pem'],
    ['name', undefined, 'the files that it writes']
  ])('are refused for another %s of a file', async (_, second, what) => {
    const runs: [Run, Run] = [
      { files: { '/srv/key.pem': { content: 'key-1' } } },
      { files: second ? { '/srv/key.pem': second } : { '/srv/other.pem': { content: 'key-1' } } }
    ]
    expect(await record(runs)).toEqual({ problem: `two starts differ in ${what}` })
  })

  test('may write certificates to the store of Java, with the time; not to any other file', async () => {
    const runs = (file: string): [Run, Run] => [
      { files: { [file]: { content: 'at 1' } } },
      { files: { [file]: { content: 'at 2' } } }
    ]
    const store = '/layers/jre/lib/security/cacerts'
    expect(await record(runs(store))).toMatchObject({ written: new Map([[store, expect.anything()]]) })
    expect(await record(runs(`${store}.key`))).toEqual({
      problem: `two starts differ in the content or the mode of ${store}.key`
    })
  })

  test('may leave behind other files below /tmp, but java must not need them', async () => {
    const runs = ['/tmp/tmp.a1', '/var/tmp/tmp.b2'].map((file) => ({ files: { [file]: {} } })) as [Run, Run]
    expect(await record(runs)).toMatchObject({ words: ['java', 'a'], written: new Map() })
    expect(await both({ files: { '/tmp/app.args': {} }, words: ['@/tmp/app.args'] })).toEqual({
      problem: 'java needs a file that it writes below /tmp, where nothing is kept'
    })
  })

  test('must not change a variable of `env`, whose value is not in the message', async () => {
    const environment = { TOKEN: 'hunter2 more' }
    expect(await both({ environment }, { TOKEN: 'hunter2' })).toEqual({
      problem: 'it changes the variable TOKEN, which `env` sets: leave it out of `env`'
    })
    expect(await both({ environment }, { OTHER: 'x' })).toMatchObject({ environment })
  })

  test.each<[string, Run, string]>([
    ['removes a file', { diff: ['D /srv/a'] }, 'it removes /srv/a'],
    ['writes a link', { files: { '/srv/a': { type: 'symlink' } } }, 'it writes /srv/a, which is not a file'],
    [
      'writes many files',
      { diff: Array.from({ length: 201 }, (_, i) => `A /srv/${i}`) },
      'more than 200 files'
    ]
  ])('are refused where a start %s', async (_, run, problem) => {
    expect(await both(run)).toEqual({ problem: expect.stringContaining(problem) })
  })

  test('leave out folders that were there before', async () => {
    const files = { '/srv': { type: 'directory' }, '/opt': {}, '/run': { type: 'directory' } } as const
    const diff = ['C /srv', 'C /opt', 'A /opt/crac-start/record/x', 'C /run']
    expect(await both({ files, diff })).toMatchObject({ written: new Map() })
  })
})
