import { describe, expect, test } from '@jest/globals'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import { Phases } from '../../src/phases.js'
import type { Run } from '../../src/stages/run.js'
import { lookForSecrets, lookIntoImage } from '../../src/stages/secrets.js'
import { systemClock } from '../../src/clock.js'
import type { InputName } from '../../src/inputs.js'
import { fakeEngine } from '../support/fake-engine.js'
import { inputsWith } from '../support/inputs.js'
import { aResult } from '../support/result.js'

const PAGES = 'snapshot/pages-1.img'
const MARK = 'HOSTNAME=0123456789ab'
const SECRET = 'tr0ub4dor&3-and-more'
const TOKEN = 'ghp_k7QzW2mXc9RtB4nLp6VsD8fGh1JyEa3KuT5o'

async function tarOf(files: Record<string, string>): Promise<string> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return (await buffer(tar)).toString('latin1')
}

/** A run whose container and image have these files. */
function world(inputs: Partial<Record<InputName, string>>, files: Files): { run: Run; warnings: string[] } {
  const warnings: string[] = []
  const log = {
    info: () => undefined,
    foreign: () => undefined,
    end: () => undefined,
    warning: (line: string) => warnings.push(line),
    group: async <T>(_: string, work: () => Promise<T>) => await work()
  }
  const engine = fakeEngine(async (args) => {
    if (args[0] === 'cp') {
      const folder = args[1]?.split(':')[1]
      return await tarOf(folder === '/tmp' ? (files.tmp ?? {}) : folder === '/home/app' ? {} : files.snapshot)
    }
    if (args[0] === 'save') return await tarOf({ 'blobs/sha256/1': await tarOf(files.image ?? { a: 'x' }) })
    if (args[0] === 'inspect') return '{"Hostname": "0123456789ab", "Env": ["PATH=/bin"]}'
    if (args[0] === 'image') return JSON.stringify([{ Config: { Env: ['A=1'], Labels: files.labels ?? {} } }])
    if (args[0] === 'history') return '{"CreatedBy": "COPY a b"}'
    throw new Error(args.join(' '))
  })
  const run = {
    id: 'a1b2',
    inputs: inputsWith(inputs),
    phases: new Phases(systemClock, log),
    world: { engine, log, environment: { DOCKER_CONFIG: '/does/not/exist' } }
  } as unknown as Run
  return { run, warnings }
}

interface Files {
  snapshot: Record<string, string>
  tmp?: Record<string, string>
  image?: Record<string, string>
  labels?: Record<string, string>
}

describe('the stage that looks for secrets', () => {
  const memory = `....${MARK}\0....`
  const taken = (size: number) => ({
    snapshot: { ...aResult().snapshot, files: [{ name: 'pages-1.img', size }] },
    reading: undefined
  })
  const given = { 'secret-values': SECRET }

  test('a memory without secrets passes, and what was looked for is known', async () => {
    const { run, warnings } = world(given, { snapshot: { [PAGES]: memory }, image: { a: 'x' } })
    const search = await lookForSecrets(run, taken(memory.length))
    const report = await lookIntoImage(run, search, 'sha256:1')
    expect(report).toMatchObject({ mode: 'fail', searched: ['secret-values line 1'], found: [] })
    expect(report.untrusted).toBeUndefined()
    expect(warnings).toEqual([])
  })

  test.each([
    ['whose pages are not all there', memory, memory.length + 4096, `of its pages-1.img ${memory.length} of`],
    ['whose memory does not show what every memory has', '....', 4, 'the environment of the application'],
    ['whose pages are not there', undefined, 4096, 'of its pages-1.img 0 of 4096 bytes']
  ])('a snapshot %s is not trusted', async (_, pages, size, why) => {
    const snapshot = pages === undefined ? { 'snapshot/other': MARK } : { [PAGES]: pages }
    const strict = world(given, { snapshot })
    await expect(lookForSecrets(strict.run, taken(size))).rejects.toMatchObject({
      kind: 'secret',
      message: expect.stringContaining(why)
    })
    const lenient = world({ ...given, 'secret-scan': 'warn' }, { snapshot })
    const report = await lookIntoImage(
      lenient.run,
      await lookForSecrets(lenient.run, taken(size)),
      'sha256:1'
    )
    expect(report.untrusted).toContain(why)
    expect(lenient.warnings).toEqual([expect.stringContaining(why)])
  })

  test.each<[string, Omit<Files, 'snapshot'>, string]>([
    ['a file of the container', { tmp: { 'tmp/x': SECRET } }, '/tmp/x: 1 x utf-8'],
    ['a file of the image below', { image: { 'app/x.yml': SECRET } }, '/app/x.yml: 1 x utf-8'],
    ['a label', { labels: { note: SECRET } }, 'label note: 1 x utf-8']
  ])('a secret in %s', async (_, files, place) => {
    const { run } = world(given, { snapshot: { [PAGES]: memory }, ...files })
    const looked = lookForSecrets(run, taken(memory.length)).then((search) =>
      lookIntoImage(run, search, 'sha256:1')
    )
    await expect(looked).rejects.toMatchObject({
      kind: 'secret',
      message: 'A secret is in the image: secret-values line 1. Nothing was pushed.',
      evidence: `secret-values line 1: ${place}`
    })
  })

  test('a token is news if the image below does not have it', async () => {
    const pages = `${memory}${TOKEN}\n`
    const known = world({}, { snapshot: { [PAGES]: pages }, image: { 'app/test-key': TOKEN } })
    expect((await lookForSecrets(known.run, taken(pages.length)))?.report.found).toEqual([])
    const news = world({}, { snapshot: { [PAGES]: pages } })
    await expect(lookForSecrets(news.run, taken(pages.length))).rejects.toMatchObject({
      message: expect.stringContaining('token of GitHub')
    })
  })

  test('an image without a snapshot is looked into as well', async () => {
    const { run } = world(given, { snapshot: {}, image: { 'app/x.yml': SECRET } })
    await expect(lookIntoImage(run, undefined, 'sha256:1')).rejects.toMatchObject({ kind: 'secret' })
  })

  test('a value that is too weak to be looked for is told', async () => {
    const files = { snapshot: { [PAGES]: memory } }
    const { run, warnings } = world({ 'secret-values': 'short' }, files)
    const search = await lookForSecrets(run, taken(memory.length))
    expect(search?.report).toMatchObject({ searched: [], notSearched: ['secret-values line 1 (short)'] })
    expect(warnings).toEqual([expect.stringContaining('secret-values line 1 (short)')])
  })

  test('`off` asks the engine for nothing', async () => {
    const { run } = world({ 'secret-scan': 'off' }, { snapshot: {} })
    expect(await lookForSecrets(run, taken(1))).toBeUndefined()
    expect((await lookIntoImage(run, undefined, 'sha256:1')).mode).toBe('off')
  })
})
