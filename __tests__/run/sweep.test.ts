import { describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { thisHost, runState, newRunId, parseRunId, type RunId } from '../../src/run/run-id.js'
import { sweep } from '../../src/run/sweep.js'
import { fakeDocker } from '../support/fake-docker.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** An id as newRunId would give it to another process. */
function idOf(run: RunId): string {
  const { random, begun, machine, boot, namespace, pid, ticks } = run
  return [random, begun.toString(36), machine, boot, namespace, pid.toString(36), ticks.toString(36)].join(
    '-'
  )
}

async function own(change: Partial<RunId> = {}): Promise<RunId> {
  const run = parseRunId(await newRunId())
  if (!run) throw new Error('an id of our own cannot be read')
  return { ...run, ...change }
}

async function endedPid(): Promise<number> {
  const child = spawn('true')
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('whether a run is dead', () => {
  const days = (count: number): number => Math.floor(Date.now() / 1000) - count * 24 * 3600

  test('an id contains the process, and fits into the name of an image', async () => {
    const id = await newRunId()
    expect(id).toMatch(/^[0-9a-z]+(-[0-9a-z]+){6}$/)
    expect(parseRunId(id)).toMatchObject({ pid: process.pid })
    expect(idOf(await own())).toHaveLength(id.length)
    expect(await newRunId()).not.toBe(id)
    expect(parseRunId('0123456789ab')).toBeUndefined()
  })

  test.each<[string, () => Promise<RunId>, boolean, string]>([
    ['a process that runs', () => own(), true, 'unknown'],
    ["a process id that is another process's now", () => own({ pid: 1, ticks: 0 }), true, 'ended'],
    ['a process that has ended', async () => own({ pid: await endedPid() }), false, 'ended'],
    ['a process id that came back to this one', () => own({ ticks: 1 }), true, 'ended'],
    [
      'a process in a container',
      async () => own({ namespace: 'zz', pid: await endedPid() }),
      true,
      'unknown'
    ],
    ['this machine before its restart', () => own({ boot: 'ffffffffffff' }), true, 'gone'],
    ['a machine of that name, at a remote engine', () => own({ boot: 'ffffffffffff' }), false, 'unknown'],
    ['another machine', () => own({ boot: 'ffffffffffff', machine: 'ffffffff' }), true, 'unknown'],
    [
      'another machine, for five days',
      () => own({ boot: 'ffffffffffff', machine: 'ffffffff', begun: days(5) }),
      true,
      'unknown'
    ],
    [
      'another machine, for longer than any job',
      () => own({ machine: 'ffffffff', begun: days(6.1) }),
      false,
      'gone'
    ]
  ])('%s', async (_, run, localEngine, life) => {
    expect(await runState(await run(), localEngine)).toBe(life)
  })

  test('a process that may not be signalled is running', async () => {
    const signal = () => {
      throw Object.assign(new Error(), { code: 'EPERM' })
    }
    // Its files cannot be read either: a /proc that hides the processes of other users.
    const place = { ...thisHost, signal, root: '/' }
    expect(await runState(await own({ pid: await endedPid() }), true, place)).toBe('unknown')
  })
})

describe('the sweep', () => {
  let folder: string
  temporaryFolder((created) => (folder = created))

  async function swept(
    containers: string[],
    images: string[]
  ): Promise<{ removed: string[]; messages: string[] }> {
    const docker = fakeDocker((args) => {
      if (args[0] === 'ps' && args.includes('--format')) return containers.join('\n')
      if (args[0] === 'ps') return `container-of-${args.at(-1)?.split('=').at(-1)}`
      if (args.includes('dangling=true')) return ''
      const pattern = args.find((arg) => arg.startsWith('reference='))?.slice('reference='.length, -1)
      return pattern === undefined ? '' : images.filter((image) => image.startsWith(pattern)).join('\n')
    })
    const messages: string[] = []
    await sweep({ docker, localEngine: true, folder, info: (line) => messages.push(line) })
    const removed = docker.calls
      .filter(({ args }) => args.includes('rm'))
      .map(({ args }) => args.at(-1) ?? '')
    return { removed, messages }
  }

  test('removes the leftovers of dead runs, and nothing of a living run or of anything else', async () => {
    const dead = idOf(await own({ pid: await endedPid() }))
    const living = await newRunId()
    const images = [dead, living, 'mine'].map((id) => `crac-checkpoint/run-${id}:checkpoint`)
    const { removed, messages } = await swept([dead, living, 'made-by-hand'], images)
    expect(removed).toEqual([`container-of-${dead}`, `crac-checkpoint/run-${dead}:checkpoint`])
    expect(messages).toEqual([`Removed what the run ${dead} left, which ended without its clean-up.`])
  })

  test('keeps the image and the logs of an ended run until its job is gone too', async () => {
    const ended = idOf(await own({ pid: await endedPid() }))
    const gone = idOf(await own({ boot: 'ffffffffffff' }))
    for (const id of [ended, gone])
      mkdirSync(path.join(folder, `crac-checkpoint-${id}`, 'logs'), { recursive: true })
    const { removed, messages } = await swept(
      [],
      [ended, gone].map((id) => `crac-checkpoint/run-${id}:runtime`)
    )
    expect(removed).toEqual([`container-of-${gone}`, `crac-checkpoint/run-${gone}:runtime`])
    expect(messages).toHaveLength(1)
    const left = (id: string): boolean => existsSync(path.join(folder, `crac-checkpoint-${id}`, 'logs'))
    expect([left(ended), left(gone)]).toEqual([true, false])
  })

  test('does not fail the run if Docker stops responding', async () => {
    const dead = idOf(await own({ pid: await endedPid() }))
    const docker = fakeDocker((args) =>
      args.includes('--format') && args[0] === 'ps'
        ? dead
        : { exitCode: 1, stderr: 'Cannot connect to the Docker daemon' }
    )
    const messages: string[] = []
    await sweep({ docker, localEngine: true, folder, info: (line) => messages.push(line) })
    expect(messages[0]).toContain('but for this: The Docker engine does not respond.')
  })
})
