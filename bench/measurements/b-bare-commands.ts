import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { attempt, run } from '../../lab/command.js'
import { callUntilAnswer } from '../../lab/started-image.js'
import { type ActionRun, runAction } from '../action.js'
import type { Bench, Measurement, Row } from '../bench.js'
import { recordDocker, type RecordedCommand, type Recording } from '../recorder/record.js'
import { byTurns, median, timed } from '../rounds.js'

/** Phases whose work the bare commands do too. */
const SAME_WORK = ['build-checkpoint', 'checkpoint', 'build-runtime', 'push']

export const bareCommands: Measurement = {
  title: 'the action against the bare commands that it must run anyway',
  conditions: [
    "The commands are the action's own, recorded from a run of it and run again with other names: docker build, create, start, exec (garbage collection and jcmd), commit, build; then tag and docker push. The next one begins when the one before has ended, or the application answered (asked every 10 ms, then once more as warm-up), or the container said that the snapshot is complete.",
    'The bare commands prove nothing, look for nothing and clean up nothing: no look-up of the JDK, no trial of CRIU, no restore, no cold start, no search for secrets. Laying out the build context is not in their time.',
    'Caches are warm on both sides (a round before the first is not counted); both lay their context in a new folder each time, as jobs do.'
  ],
  run: async (bench) => {
    const { world } = bench
    const tags = {
      bare: `${world.registry}/bench/bare:${bench.id}`,
      action: `${world.registry}/bench/action:${bench.id}`
    }
    bench.progress('b: recording the commands of the action')
    const recording = await recordDocker(
      path.join(bench.folder, 'record'),
      world.environment,
      (environment) => runAction(bench, tags.action, {}, { environment })
    )
    const runs: ActionRun[] = []
    const steps = new Map<string, number[]>()
    const times = await byTurns(
      bench.rounds(3),
      {
        bare: async () => {
          const taken = await runBare(bench, recording, tags.bare)
          for (const [step, time] of taken) steps.set(step, [...(steps.get(step) ?? []), time])
          return [...taken.values()].reduce((sum, time) => sum + time, 0)
        },
        action: async () => {
          const run = await runAction(bench, tags.action)
          runs.push(run)
          return run.milliseconds
        }
      },
      { warmUp: true }
    )
    const counted = runs.slice(1)
    const phases = phaseRows(counted)
    const sameWork = counted.map(({ metadata }) =>
      metadata.phases.reduce(
        (sum, phase) => sum + (SAME_WORK.includes(phase.name) ? phase.milliseconds : 0),
        0
      )
    )
    const bare = median(times.bare)
    return {
      rows: [
        { name: 'the bare commands', unit: 'ms', values: times.bare },
        { name: 'the action', unit: 'ms', values: times.action },
        {
          name: `of it, the phases of the same work (${SAME_WORK.join(', ')})`,
          unit: 'ms',
          values: sameWork
        },
        ...phases,
        ...[...steps].map(([step, values]): Row => ({
          name: `bare: ${step}`,
          unit: 'ms',
          values: values.slice(1)
        })),
        ...commandRows(recording.commands)
      ],
      targets: [
        {
          claim: 'the action takes at most 10 % longer than the bare commands',
          ratio: median(times.action) / bare,
          limit: 1.1,
          why: `besides the same work it did ${seconds(extra(phases))} of what they leave out: ${extra(phases)
            .map(({ name, values }) => `${name.replace('phase ', '')} ${seconds([{ values }])}`)
            .join(', ')}`
        },
        {
          claim: 'its phases of the same work take at most 10 % longer',
          ratio: median(sameWork) / bare,
          limit: 1.1
        }
      ],
      notes: [
        'The rows `docker ...` are from the recorded run, whose recorder adds a shell to each command: they show where the time goes, and are no part of a comparison.'
      ]
    }
  }
}

/** Runs the recorded commands of the same work; the time of each step. */
async function runBare(
  { world, folder }: Bench,
  recording: Recording,
  tag: string
): Promise<Map<string, number>> {
  const commands = recording.commands.filter(isBare)
  const first = commands[0]?.arguments ?? []
  const oldId = /run-([0-9a-f]+):checkpoint/.exec(first.join(' '))?.[1] ?? ''
  const oldWork = path.dirname(first.at(-1) ?? '')
  const id = randomBytes(6).toString('hex')
  const work = path.join(folder, `bare-${id}`)
  await mkdir(work)
  await run('cp', ['-a', recording.context, path.join(work, `context-${id}`)])
  const renamed = (text: string): string => text.replaceAll(oldWork, work).replaceAll(oldId, id)
  const container = `crac-checkpoint-${id}-checkpoint`
  const image = (role: string): string => `crac-checkpoint/run-${id}:${role}`
  const env = { ...world.environment, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', BUILDKIT_PROGRESS: 'plain' }
  const docker = (...args: string[]): Promise<string> => run('docker', args, { env })

  const steps = new Map<string, number>()
  const step = async (name: string, doing: () => Promise<unknown>): Promise<void> => {
    steps.set(name, (steps.get(name) ?? 0) + (await timed(doing)))
  }
  let complete: Promise<void> = Promise.resolve()
  try {
    for (const { arguments: args } of commands) {
      const command = args.map(renamed)
      const verb = command[0] ?? ''
      const name = verb === 'build' ? `build ${command[command.indexOf('--target') + 1]}` : verb
      await step(name, () => docker(...command))
      if (verb === 'start') {
        complete = lineOf(env, container, 'the JVM ended with 137')
        await step('until it answers, and one request', async () => {
          const address = (await docker('port', container, '8080/tcp')).split('\n')[0]
          const started = { name: container, url: `http://${address}/` }
          await callUntilAnswer(started)
          await callUntilAnswer(started)
        })
      }
      if (verb === 'exec') await step('until the snapshot is complete', () => complete)
    }
    await step('push', async () => {
      await docker('tag', image('runtime'), tag)
      await docker('push', '--quiet', tag)
    })
  } finally {
    await attempt('docker', ['rm', '--force', container], { env })
    const images = [tag, ...['checkpoint', 'snapshot', 'runtime'].map(image)]
    await attempt('docker', ['image', 'rm', '--force', ...images], { env })
    await attempt('rm', ['-r', work])
  }
  return steps
}

/** Whether a command is one without which there is no image with a snapshot. */
function isBare({ arguments: args }: RecordedCommand): boolean {
  const words = args.join(' ')
  const verb = args[0] ?? ''
  if (verb === 'build') return /--target (checkpoint|runtime) /.test(words)
  if (verb === 'exec') return words.endsWith('/trigger.sh')
  const own = /crac-checkpoint-[0-9a-f]+-checkpoint( |$)/.test(words)
  return own && ['create', 'start', 'commit'].includes(verb)
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

function phaseRows(runs: ActionRun[]): Row[] {
  const names = runs[0]?.metadata.phases.map(({ name }) => name) ?? []
  return names.map((name) => ({
    name: `phase ${name}`,
    unit: 'ms',
    values: runs.flatMap(({ metadata }) =>
      metadata.phases.filter((phase) => phase.name === name).map(({ milliseconds }) => milliseconds)
    )
  }))
}

function extra(phases: Row[]): Row[] {
  return phases.filter(({ name }) => !SAME_WORK.includes(name.replace('phase ', '')))
}

function seconds(rows: Pick<Row, 'values'>[]): string {
  return `${(rows.reduce((sum, { values }) => sum + median(values), 0) / 1000).toFixed(1)} s`
}

/** The recorded commands by what they do, those that took longest first. */
function commandRows(commands: RecordedCommand[]): Row[] {
  const kinds = new Map<string, number[]>()
  for (const { arguments: args, milliseconds } of commands) {
    if (milliseconds === undefined) continue
    const target = args.indexOf('--target')
    const kind =
      target > 0 ? `build ${args[target + 1]}` : args.slice(0, args[0] === 'image' ? 2 : 1).join(' ')
    kinds.set(kind, [...(kinds.get(kind) ?? []), milliseconds])
  }
  const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0)
  return [...kinds]
    .sort(([, one], [, other]) => total(other) - total(one))
    .map(([kind, values]) => ({
      name: `docker ${kind} (${values.length} times, together)`,
      unit: 'ms',
      values: [total(values)]
    }))
}
