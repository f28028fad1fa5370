import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, run } from '../../lab/command.js'
import { httpGet } from '../../lab/http.js'
import { freePort } from '../../lab/registry.js'
import { DECLARED_FLAGS } from '../../lab/started-image.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement } from '../bench.js'
import { byTurns, median } from '../rounds.js'

const HOME = '/opt/crac-checkpoint'

/** Times of one start, in milliseconds. */
interface Start {
  /** From the call of `docker start` to the first good answer. */
  fromCall: number
  /** From the moment at which the engine says that the container started. */
  fromStart: number
}

export const restore: Measurement = {
  title: 'restore of the image',
  conditions: [
    'One image, three ways to start it, with the flags that it declares; polled every 2 ms from the return of `docker start` until the first successful response. The containers are created before.',
    'As it is: its entry script and the JVM start CRIU.',
    "By hand: `criu restore` of the same snapshot in a container of the same image, with CRIU as the container's first process and the JDK's criuengine as action script (it signals the JVM that it is restored).",
    'Cold: a normal start (CRAC_RESTORE=false).'
  ],
  run: async (bench) => {
    const { world } = bench
    const tag = `${world.registry}/bench/restore:${bench.id}`
    await runAction(bench, tag, LEAST_PROOF, { keep: true })
    try {
      const byHand = await criuCommand(bench, tag)
      const starts = await byTurns(
        bench.rounds(10),
        {
          image: () => timeStart(bench, ['--env', 'CRAC_ON_RESTORE_FAILURE=exit', tag]),
          byHand: () => timeStart(bench, ['--entrypoint', byHand[0] ?? '', tag, ...byHand.slice(1)]),
          cold: () => timeStart(bench, ['--env', 'CRAC_RESTORE=false', tag])
        },
        { warmUp: true }
      )
      const of = (side: keyof typeof starts, what: keyof Start): number[] =>
        starts[side].map((one) => one[what])
      const ratio = (what: keyof Start): number => median(of('image', what)) / median(of('byHand', what))
      const names = { image: 'the image', byHand: 'criu restore by hand', cold: 'a cold start' }
      return {
        rows: (['fromCall', 'fromStart'] as const).flatMap((what) =>
          (['image', 'byHand', 'cold'] as const).map((side) => ({
            name: `${names[side]}, from ${what === 'fromCall' ? '`docker start`' : 'the start of the container'}`,
            unit: 'ms' as const,
            values: of(side, what)
          }))
        ),
        targets: [
          {
            claim: 'from `docker start` to the first answer at most 1.25 times a bare restore',
            ratio: ratio('fromCall'),
            limit: 1.25,
            why: 'before CRIU, the entry script and the launcher of the JVM have to run'
          },
          {
            claim: 'the same, without the time of the engine',
            ratio: ratio('fromStart'),
            limit: 1.25,
            why: 'before CRIU, the entry script and the launcher of the JVM have to run'
          }
        ]
      }
    } finally {
      await attempt('docker', ['image', 'rm', '--force', tag], { env: world.environment })
    }
  }
}

/** What a person would type to restore the snapshot of the image. */
async function criuCommand({ world }: Bench, image: string): Promise<string[]> {
  const script = `cd ${HOME} && taken=$(cat taken-by) && echo criu/$taken/criu && cat criu/\${taken%%/*}/options snapshot/criu-options`
  const command = ['run', '--rm', '--entrypoint', 'sh', image, '-c', script]
  const [criu = '', ...options] = (await run('docker', command, { env: world.environment })).split(/\s+/)
  return [
    `${HOME}/${criu}`,
    ...['restore', '--images-dir', `${HOME}/snapshot`, '--work-dir', '/tmp', '--shell-job', '-v1'],
    ...['--action-script', '/opt/java/lib/criuengine'],
    ...options
  ]
}

async function timeStart({ world, id }: Bench, command: string[]): Promise<Start> {
  const env = world.environment
  const name = `bench-${id}-restore`
  // Known before the start: asking the engine would cost time.
  const port = await freePort()
  const publish = ['--publish', `127.0.0.1:${port}:8080`]
  await run('docker', ['create', '--name', name, ...publish, ...DECLARED_FLAGS, ...command], { env })
  try {
    const before = { wall: Date.now(), steady: performance.now() }
    // A request before the network is up would not find the container's address, and would not retry for a second.
    await run('docker', ['start', name], { env })
    const url = new URL(`http://127.0.0.1:${port}/`)
    while ((await httpGet(url))?.status !== 200) {
      if (performance.now() - before.steady > 60_000) throw new Error('no answer within 60 s')
      await sleep(2)
    }
    const answered = performance.now()
    const startedAt = await run('docker', ['inspect', '--format', '{{.State.StartedAt}}', name], { env })
    const fromCall = answered - before.steady
    return { fromCall, fromStart: fromCall - (Date.parse(startedAt) - before.wall) }
  } catch (error) {
    const { stdout, stderr } = await attempt('docker', ['logs', name], { env })
    throw new Error(`${command.join(' ')}: ${String(error)}\n${stdout}${stderr}`, { cause: error })
  } finally {
    await attempt('docker', ['rm', '--force', name], { env })
  }
}
