import { expect, test } from '@jest/globals'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context } from '../../src/docker/context.js'
import { programsOn } from '../../src/docker/process-group.js'
import { systemClock } from '../../src/lib/clock.js'
import { NOTHING_HIDDEN } from '../../src/lib/kept-log.js'
import { Failure } from '../../src/lib/errors.js'
import { addArchive } from '../../src/proof/archived.js'
import type { RuntimeInputs } from '../../src/proof/start-request.js'
import { fakeDocker, type Reply } from '../support/fake-docker.js'
import { quietLog } from '../support/quiet-log.js'
import { temporaryFolder } from '../support/temporary-folder.js'

let folder: string
temporaryFolder((created) => (folder = created))

const INPUTS: RuntimeInputs = {
  archive: 'auto',
  javaOptions: [],
  env: {},
  port: 8080,
  network: undefined,
  addHosts: [],
  warmup: undefined,
  warmupScript: undefined,
  startupTimeout: 2000,
  warmupTimeout: 2000,
  restoreTimeout: 2000,
  verifyRuns: { least: 1, most: 1 },
  cpuFeatures: 'generic',
  onRestoreFailure: 'start',
  secretScan: 'fail',
  user: { uid: 10001, gid: 10001 },
  maxRestoreTime: undefined,
  minSpeedup: undefined,
  maxSnapshotSize: undefined
}

/** Runs addArchive with a Docker that gives these responses; returns the archive, the warnings, and the files for the image. */
async function added(inputs: Partial<RuntimeInputs>, answer: (args: string[]) => Reply) {
  const docker = fakeDocker(answer)
  const [work, logs, source] = ['work', 'logs', 'source'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string
  ]
  for (const name of [work, logs]) await mkdir(name, { recursive: true })
  // What a former archive has left.
  const tree = path.join(source, 'trees/archive/opt/crac-checkpoint/archive')
  await mkdir(tree, { recursive: true })
  await writeFile(path.join(tree, 'java-options'), '-XX:SharedArchiveFile=former\n')
  const warnings: string[] = []
  const log = quietLog([], warnings)
  const step: Context['step'] = async (_name, _title, stepWork) => await stepWork()
  const context: Context = {
    ...{ id: 'run', docker, clock: systemClock, log, step, work, logs },
    hiding: NOTHING_HIDDEN,
    startProgram: programsOn(process.env)
  }
  const setting = {
    reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' } as const,
    readiness: { url: undefined, command: undefined, log: undefined, health: undefined },
    workspace: folder,
    environment: {},
    dockerFolder: folder
  }
  const archive = await addArchive(context, { ...INPUTS, ...inputs }, setting, {
    folder: source,
    buildArgs: {},
    labels: {},
    uncompressed: false,
    javaOpts: undefined
  })
  return { archive, warnings, calls: docker.calls, files: await readdir(tree), tree }
}

test.each<[string, Partial<RuntimeInputs>]>([
  ['with `archive: off`', { archive: 'off' }],
  ['with an archive of the user', { javaOptions: ['-XX:SharedArchiveFile=/own.jsa'] }]
])('%s no container is started', async (_, inputs) => {
  expect(await added(inputs, () => '')).toMatchObject({ archive: undefined, warnings: [], calls: [] })
})

test('a JVM that writes no archive gives a warning with its reason, and an image without an archive', async () => {
  const reason = 'this JVM cannot write an AOT cache of a running application; 25.0.3 and newer can'
  const { archive, warnings, files, tree, calls } = await added({}, ([command]) => {
    if (command === 'wait') return '1'
    if (command === 'logs') return `crac-checkpoint: NO-ARCHIVE: ${reason}`
    return command === 'container' ? JSON.stringify([{ State: { OOMKilled: false, StartedAt: '' } }]) : ''
  })
  expect(archive).toBeUndefined()
  expect(warnings).toEqual([
    expect.stringContaining(`The JVM wrote no archive of classes: ${reason}.\nFix: `)
  ])
  expect(files).toEqual(['java-options'])
  expect(await readFile(path.join(tree, 'java-options'), 'utf8')).toBe('')
  expect(calls.at(-1)?.args.slice(0, 2)).toEqual(['rm', '--force'])
})

test('after a cancellation the run does not go on without an archive', async () => {
  const cancelled = new Failure('cancelled', 'The job was cancelled.', { fix: 'none' })
  await expect(
    added({}, () => {
      throw cancelled
    })
  ).rejects.toBe(cancelled)
})
