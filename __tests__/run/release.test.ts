import { expect, test } from '@jest/globals'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { release } from '../../src/run/release.js'
import { fakeDocker } from '../support/fake-docker.js'

test('removes the containers of the run by their label, its images by name, and unnamed ones by label', async () => {
  const docker = fakeDocker((args) => {
    if (args[0] === 'ps') return 'c1\nc2\n'
    if (args.includes('dangling=true')) return 'i1\ni2\n'
    return 'crac-checkpoint/run-1:checkpoint\ncrac-checkpoint/run-1:runtime\n'
  })
  const commands = async (keep: ('runtime' | 'logs')[]): Promise<string[]> => {
    docker.calls.length = 0
    expect(await release(docker, { id: '1', folder: undefined, keep })).toEqual([])
    return docker.calls.map((call) => call.args.join(' '))
  }
  const all = [
    'ps --all --quiet --filter label=io.github.crac-checkpoint.run=1',
    'rm --force --volumes c1 c2',
    'image ls --filter reference=crac-checkpoint/run-1:* --format {{.Repository}}:{{.Tag}}',
    'image rm --force crac-checkpoint/run-1:checkpoint crac-checkpoint/run-1:runtime',
    'image ls --filter dangling=true --quiet --filter label=io.github.crac-checkpoint.run=1',
    'image rm --force i1 i2'
  ]
  expect(await commands([])).toEqual(all)
  expect(await commands(['runtime'])).toEqual([
    ...all.slice(0, 3),
    'image rm --force crac-checkpoint/run-1:checkpoint',
    ...all.slice(4)
  ])
})

test('removes the folder of the run, or all of it but the logs', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'release-test-'))
  const left = (): boolean[] => ['work', 'logs'].map((name) => existsSync(path.join(folder, name)))
  for (const name of ['work', 'logs']) mkdirSync(path.join(folder, name))
  try {
    await release(undefined, { id: '1', folder, keep: ['logs'] })
    expect(left()).toEqual([false, true])
    await release(undefined, { id: '1', folder, keep: [] })
    expect(existsSync(folder)).toBe(false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('reports a Docker that stopped responding for each part, and tries all parts', async () => {
  const docker = fakeDocker(() => ({ exitCode: 1, stderr: 'Cannot connect to the Docker daemon' }))
  const problems = await release(docker, { id: '1', folder: '/nonexistent/folder', keep: [] })
  expect(problems).toEqual(['The Docker engine does not respond.', 'The Docker engine does not respond.'])
})
