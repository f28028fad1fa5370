import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from '../lab/command.js'
import { callUntilAnswer } from '../lab/started-image.js'
import type { Bench } from './bench.js'
import type { RecordedCommand, Recording } from './recorder/record.js'
import { timed } from './rounds.js'

/** The work of the bare commands, and the phases of the action that do the same. */
export const SAME_WORK = [
  { name: 'build-checkpoint', phases: ['build-checkpoint'] },
  { name: 'checkpoint', phases: ['checkpoint'] },
  { name: 'build-runtime', phases: ['build-runtime'] },
  { name: 'push', phases: ['registries', 'read-out', 'push'] }
] as const

/** Milliseconds of the bare commands, by their work. */
export type BareRun = Record<(typeof SAME_WORK)[number]['name'], number>

/** Runs the commands without which there is no image with a snapshot, as the action ran them, under other names. */
export async function runBare({ world, folder }: Bench, recording: Recording, tag: string): Promise<BareRun> {
  const commands = recording.commands.filter(isBare)
  const first = commands[0]?.arguments ?? []
  const oldId = /run-(\S+):checkpoint/.exec(first.join(' '))?.[1]
  if (oldId === undefined) throw new Error(`no id of the run in: ${first.join(' ')}`)
  const oldWork = path.dirname(first.at(-1) ?? '')
  const id = randomBytes(6).toString('hex')
  const work = path.join(folder, `bare-${id}`)
  await mkdir(work)
  await run('cp', ['-a', recording.context, path.join(work, `context-${id}`)])
  const container = `crac-checkpoint-${id}-checkpoint`
  const image = (role: string): string => `crac-checkpoint/run-${id}:${role}`
  // As the action sets them; see src/docker/docker.ts.
  const env = { ...world.environment, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', BUILDKIT_PROGRESS: 'plain' }
  const docker = (...args: string[]): Promise<string> => run('docker', args, { env })

  const times: BareRun = { 'build-checkpoint': 0, checkpoint: 0, 'build-runtime': 0, push: 0 }
  let complete: Promise<void> = Promise.resolve()
  try {
    for (const recorded of commands) {
      const command = recorded.arguments.map((word) => word.replaceAll(oldWork, work).replaceAll(oldId, id))
      const flag = command.indexOf('--env-file')
      if (flag > 0) await writeFile(command[flag + 1] ?? '', recorded.environmentFile)
      times[phaseOf(recorded)] += await timed(async () => {
        await docker(...command)
        if (command[0] === 'start') {
          complete = lineOf(env, container, 'the JVM ended with 137')
          complete.catch(() => undefined)
          await callTwice(await docker('port', container, '8080/tcp'))
        }
        if (command[0] === 'exec') await complete
      })
    }
    times.push = await timed(async () => {
      await docker('tag', image('runtime'), tag)
      await docker('push', '--quiet', tag)
    })
    return times
  } finally {
    await attempt('docker', ['rm', '--force', container], { env })
    const images = [tag, ...['checkpoint', 'snapshot', 'runtime'].map(image)]
    await attempt('docker', ['image', 'rm', '--force', ...images], { env })
    await attempt('rm', ['-r', work])
  }
}

function isBare({ arguments: args }: RecordedCommand): boolean {
  const words = args.join(' ')
  const verb = args[0] ?? ''
  if (verb === 'build') return /--target (checkpoint|runtime) /.test(words)
  if (verb === 'exec') return words.endsWith('/trigger.sh')
  const own = /crac-checkpoint-\S+-checkpoint( |$)/.test(words)
  return own && ['create', 'start', 'commit'].includes(verb)
}

function phaseOf({ arguments: args }: RecordedCommand): keyof BareRun {
  if (args.includes('--target')) return args.includes('checkpoint') ? 'build-checkpoint' : 'build-runtime'
  return args[0] === 'commit' ? 'build-runtime' : 'checkpoint'
}

/** The first answer is readiness, the second request the warm-up. */
async function callTwice(addresses: string): Promise<void> {
  const [address = ''] = addresses.split('\n')
  const started = { name: 'the application', url: `http://${address}/` }
  await callUntilAnswer(started)
  await callUntilAnswer(started)
}

/** Resolves when the container has written a line with these words. */
async function lineOf(env: NodeJS.ProcessEnv, container: string, words: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const logs = spawn('docker', ['logs', '--follow', container], {
      env,
      stdio: ['ignore', 'pipe', 'ignore']
    })
    let text = ''
    logs.stdout.setEncoding('utf8').on('data', (more: string) => {
      text = (text + more).slice(-10_000)
      if (!text.includes(words)) return
      resolve()
      logs.kill()
    })
    logs.on('close', () => reject(new Error(`${container} ended without "${words}":\n${text}`)))
  })
}
