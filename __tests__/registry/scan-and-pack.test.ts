import { describe, expect, test } from '@jest/globals'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import type { Context } from '../../src/docker/context.js'
import { programsOn } from '../../src/docker/process-group.js'
import { readWholeImage, reportSecrets } from '../../src/registry/scan-and-pack.js'
import { mayBeSent } from '../../src/secrets/search.js'
import type { Inputs } from '../../src/inputs/inputs.js'
import { secretsOfInputs } from '../../src/inputs/known-secrets.js'
import { systemClock } from '../../src/lib/clock.js'
import { NOTHING_HIDDEN } from '../../src/lib/kept-log.js'
import type { InputName } from '../../src/inputs/inputs.js'
import { containerJson, fakeDocker } from '../support/fake-docker.js'
import { inputsWith } from '../support/inputs.js'
import { quietLog } from '../support/quiet-log.js'

const PAGES = 'opt/crac-checkpoint/snapshot/pages-1.img'
const MARK = 'HOSTNAME=0123456789ab'
const SECRET = 'tr0ub4dor&3-and-more'
const TOKEN = 'ghp_k7QzW2mXc9RtB4nLp6VsD8fGh1JyEa3KuT5o'

async function tarOf(files: Record<string, string>): Promise<string> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content)
  tar.finalize()
  return (await buffer(tar)).toString('latin1')
}

/** Returns a run whose image has the files of the checkpoint in its last layer, and the others below it. */
function world(
  inputs: Partial<Record<InputName, string>>,
  files: Files
): { run: Run; warnings: string[]; calls: string[][] } {
  const warnings: string[] = []
  const log = quietLog([], warnings)
  const calls: string[][] = []
  const docker = fakeDocker(async (args) => {
    calls.push(args)
    if (args[0] === 'save') {
      return await tarOf({
        'blobs/sha256/2': await tarOf(files.checkpoint),
        'blobs/sha256/1': await tarOf(files.below ?? { a: 'x' }),
        ...(files.written ? { 'blobs/sha256/w': await tarOf(files.written) } : {}),
        ...files.others,
        'manifest.json': JSON.stringify([
          {
            Layers: [
              'blobs/sha256/1',
              ...(files.written ? ['blobs/sha256/w'] : []),
              'blobs/sha256/2',
              ...Object.keys(files.others ?? {})
            ]
          }
        ])
      })
    }
    if (args[0] === 'container') {
      return containerJson({ Config: { Hostname: '0123456789ab', Env: ['PATH=/bin'] } })
    }
    if (args[0] === 'image') {
      const Config = { Env: ['A=1'], Labels: files.labels ?? {} }
      const written = files.written ? ['sha256:w'] : []
      const layersOf = (name: string): string[] => [
        'sha256:a',
        ...(name.endsWith(':user') ? [] : written),
        ...(name === 'sha256:1' ? ['sha256:b'] : [])
      ]
      const names = args.slice(3)
      if (!files.written && names[0]?.endsWith(':started')) return { exitCode: 1 }
      return JSON.stringify(names.map((name) => ({ Config, RootFS: { Layers: layersOf(name) } })))
    }
    if (args[0] === 'history') return '{"CreatedBy": "COPY a b"}'
    throw new Error(args.join(' '))
  })
  const step: Context['step'] = async (_name, _title, work) => await work()
  const context = {
    id: 'a1b2',
    docker,
    log,
    clock: systemClock,
    step,
    work: '/does/not/exist',
    logs: '/does/not/exist',
    hiding: NOTHING_HIDDEN,
    startProgram: programsOn(process.env)
  }
  const run = { context, inputs: inputsWith(inputs) }
  return { run, warnings, calls }
}

interface Run {
  context: Context
  inputs: Inputs
}

interface Files {
  checkpoint: Record<string, string>
  below?: Record<string, string>
  labels?: Record<string, string>
  /** Files that a start command has written to the image below. */
  written?: Record<string, string>
  /** Further layers. */
  others?: Record<string, string>
}

describe('the scan of an image for secrets', () => {
  const memory = `....${MARK}\0....`
  const snapshot = (size: number) => ({ files: [{ name: 'pages-1.img', size }], reading: undefined })
  const given = { 'secret-values': SECRET }
  const scanned = async ({ context, inputs }: Run, inImage: ReturnType<typeof snapshot> | undefined) => {
    const scan = { mode: inputs.secretScan, secrets: await secretsOfInputs(inputs, '/does/not/exist') }
    const image = { id: 'sha256:1', snapshot: inImage }
    const read = await readWholeImage(context, scan, image, undefined)
    return await reportSecrets(context, scan, image.id, read)
  }
  const scan = (run: Run, size: number | undefined = memory.length) => scanned(run, snapshot(size))

  test('passes memory without secrets, and lists the values that were searched for', async () => {
    const { run, warnings } = world(given, { checkpoint: { [PAGES]: memory } })
    const report = await scan(run)
    expect(report).toMatchObject({ mode: 'fail', searched: ['secret-values line 1'], found: [] })
    expect(report.untrusted).toBeUndefined()
    expect(report.bytes).toBeGreaterThan(memory.length)
    expect(warnings).toEqual([])
  })

  test.each([
    [
      'with incomplete pages',
      memory,
      memory.length + 4096,
      `${memory.length} of ${memory.length + 4096} bytes of pages-1.img`
    ],
    ['without the environment of the application', '....', 4, 'the environment of the application'],
    ['without pages', undefined, 4096, '0 of 4096 bytes of pages-1.img']
  ])('is incomplete for a snapshot %s', async (_, pages, size, why) => {
    const checkpoint = pages === undefined ? { 'tmp/other': MARK } : { [PAGES]: pages, 'tmp/other': MARK }
    const strict = world(given, { checkpoint })
    await expect(scan(strict.run, size)).rejects.toMatchObject({
      category: 'secret',
      message: expect.stringContaining(why)
    })
    const lenient = world({ ...given, 'secret-scan': 'warn' }, { checkpoint })
    expect((await scan(lenient.run, size)).untrusted).toContain(why)
    expect(lenient.warnings).toEqual([expect.stringContaining(why)])
  })

  test.each([
    ['with a snapshot', memory.length],
    ['without a snapshot', undefined]
  ])('is incomplete if a layer was not read: an image %s', async (_, size) => {
    const files = { checkpoint: { [PAGES]: memory }, others: { 'blobs/sha256/3': 'text' } }
    const why = 'layer 3 of 3 was not read'
    const inImage = size === undefined ? undefined : snapshot(size)
    await expect(scanned(world(given, files).run, inImage)).rejects.toMatchObject({
      category: 'secret',
      message: expect.stringContaining(why)
    })
    const lenient = world({ ...given, 'secret-scan': 'warn' }, files)
    expect((await scanned(lenient.run, inImage)).untrusted).toContain(why)
    expect(lenient.warnings).toEqual([expect.stringContaining(why)])
  })

  test.each([
    ['with a snapshot', memory.length],
    ['without a snapshot', undefined]
  ])('is incomplete if parts of known values were not tested: an image %s', async (_, size) => {
    const long = { 'secret-values': `aB3d${'!#%&*+,:;<>@^|~?'.repeat(24)}` }
    const files = { checkpoint: { [PAGES]: memory, 'tmp/x': 'aB3d!'.repeat(60_000) } }
    const inImage = size === undefined ? undefined : snapshot(size)
    await expect(scanned(world(long, files).run, inImage)).rejects.toMatchObject({
      category: 'secret',
      message: expect.stringContaining('too many parts of known values')
    })
  })

  test('names archives that were not opened, which is not a failure', async () => {
    const archive = 'BZh91AY&SY and so on'
    const { run, warnings } = world(given, { checkpoint: { [PAGES]: memory, 'app/a.bz2': archive } })
    expect((await scan(run)).unopened).toEqual({
      count: 1,
      names: ['/app/a.bz2 (damaged: bzip2 ended with exit code 2)']
    })
    expect(warnings).toEqual([])
  })

  test.each<[string, Partial<Files>, string]>([
    ['a file that the checkpoint left', { checkpoint: { 'tmp/x': SECRET } }, '/tmp/x: 1 x utf-8'],
    ['a file of the image below', { below: { 'app/x.yml': SECRET } }, '/app/x.yml: 1 x utf-8'],
    [
      'a file in two layers',
      { below: { 'tmp/x': SECRET }, checkpoint: { 'tmp/x': SECRET } },
      '/tmp/x: 2 x utf-8'
    ],
    ['a label', { labels: { note: SECRET } }, 'label note: 1 x utf-8']
  ])('finds a secret in %s', async (_, { checkpoint, ...files }, location) => {
    const { run } = world(given, { checkpoint: { [PAGES]: memory, ...checkpoint }, ...files })
    await expect(scan(run)).rejects.toMatchObject({
      category: 'secret',
      message: 'A secret is in the image: secret-values line 1. Nothing was pushed.',
      evidence: `secret-values line 1: ${location}`
    })
  })

  test('reports a token only if the image below does not contain it', async () => {
    const pages = `${memory}${TOKEN}\n`
    const known = world({}, { checkpoint: { [PAGES]: pages }, below: { 'app/test-key': TOKEN } })
    expect((await scan(known.run, pages.length)).found).toEqual([])
    for (const checkpoint of [{ [PAGES]: pages }, { [PAGES]: pages, 'tmp/copy': TOKEN }]) {
      const news = world({}, { checkpoint })
      await expect(scan(news.run, pages.length)).rejects.toMatchObject({
        message: expect.stringContaining('token of GitHub')
      })
    }
  })

  test('reports a token in a file that the start command wrote, and its copy in memory', async () => {
    const pages = `${memory}${TOKEN}\n`
    for (const checkpoint of [{ [PAGES]: pages }, { [PAGES]: memory.padEnd(pages.length) }]) {
      const written = { 'etc/app.conf': `token=${TOKEN}\n` }
      await expect(scan(world({}, { checkpoint, written }).run, pages.length)).rejects.toMatchObject({
        message: expect.stringContaining('token of GitHub'),
        evidence: expect.stringContaining('/etc/app.conf')
      })
      const below = { 'app/test-key': TOKEN }
      expect((await scan(world({}, { checkpoint, written, below }).run, pages.length)).found).toEqual([])
    }
  })

  test.each([
    ['of an image without secrets', {}, true],
    ['with a known value', { checkpoint: { 'tmp/x': SECRET } }, false],
    ['with a token', { checkpoint: { 'tmp/x': TOKEN } }, false],
    ['with a token of the image below', { below: { 'app/test-key': TOKEN } }, true],
    ['with a token that the start command wrote', { written: { 'etc/app.conf': TOKEN } }, false],
    ['of an image with a damaged layer', { others: { 'blobs/sha256/3': 'text' } }, false],
    [
      'without the environment of the application',
      { checkpoint: { [PAGES]: memory.replace('=', '-') } },
      false
    ]
  ] as [string, Partial<Files>, boolean][])(
    'layers %s may be sent before the proof: %#',
    async (_, { checkpoint, ...files }, may) => {
      const { context, inputs } = world(given, {
        checkpoint: { [PAGES]: memory, ...checkpoint },
        ...files
      }).run
      const secrets = await secretsOfInputs(inputs, '/does/not/exist')
      const image = { id: 'sha256:1', snapshot: snapshot(memory.length) }
      const { scanned } = await readWholeImage(context, { mode: 'fail', secrets }, image, undefined)
      const inImage = { image: image.id, snapshot: scanned?.search.snapshot }
      expect(await mayBeSent(context, 'fail', inImage, scanned?.scan)).toBe(may)
      expect(await mayBeSent(context, 'warn', inImage, scanned?.scan)).toBe(true)
    }
  )

  test('searches an image without a snapshot for known values', async () => {
    const { run } = world(given, { checkpoint: {}, below: { 'app/x.yml': SECRET } })
    await expect(scanned(run, undefined)).rejects.toMatchObject({ category: 'secret' })
    const { run: other } = world(given, { checkpoint: {}, below: { 'app/test-key': TOKEN } })
    expect((await scanned(other, undefined)).found).toEqual([])
  })

  test('reports a value that is too weak to search for', async () => {
    const { run, warnings } = world({ 'secret-values': 'short' }, { checkpoint: { [PAGES]: memory } })
    const report = await scan(run)
    expect(report).toMatchObject({ searched: [], notSearched: ['secret-values line 1 (short)'] })
    expect(warnings).toEqual([expect.stringContaining('secret-values line 1 (short)')])
  })

  test('does not call Docker with `off`', async () => {
    const { run, calls } = world({ 'secret-scan': 'off' }, { checkpoint: {} })
    expect((await scan(run)).mode).toBe('off')
    expect(calls).toEqual([])
  })
})
