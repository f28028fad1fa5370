import { attempt, run } from '../../lab/command.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement, Target } from '../bench.js'
import { byTurns } from '../rounds.js'
import { NO_FALLBACK, type Start, startRatio, startRows, timeStart } from '../timed-start.js'

const HOME = '/opt/crac-checkpoint'

const NAMES = {
  mapped: 'the image',
  loaded: 'the image with the snapshot as dumped',
  byHand: '`criu restore` of its snapshot',
  byHandLoaded: '`criu restore` of the snapshot as dumped',
  cold: 'a cold start'
}

export const restore: Measurement = {
  title: 'restore of the image',
  conditions: [
    'Two images of the sample, with `memory: mapped` (the default) and with `memory: loaded` (the snapshot as CRIU dumped it), started with the flags that they declare; polled every 2 ms from the return of `docker start` until the first successful response. The containers are created before. The page cache is warm.',
    'The image: its entry script starts the restore.',
    "`criu restore` by hand, of the snapshot of either image: in a container of that image, with CRIU as the container's first process and the JDK's criuengine as action script (it signals the JVM that it is restored).",
    'Cold: a normal start (CRAC_RESTORE=false).',
    'Request 1000: the requests are sent one after the other, each on a connection of its own.'
  ],
  run: async (bench) => {
    const { world } = bench
    const tags = {
      mapped: `${world.registry}/bench/restore:${bench.id}`,
      loaded: `${world.registry}/bench/restore:${bench.id}-loaded`
    }
    try {
      for (const memory of ['mapped', 'loaded'] as const)
        await runAction(bench, tags[memory], { ...LEAST_PROOF, memory }, { keep: true })
      const byHand = {
        mapped: await criuCommand(bench, tags.mapped),
        loaded: await criuCommand(bench, tags.loaded)
      }
      const follow = { follow: true }
      const starts = await byTurns(
        bench.rounds(10),
        {
          mapped: () => timeStart(bench, [...NO_FALLBACK, tags.mapped], follow),
          loaded: () => timeStart(bench, [...NO_FALLBACK, tags.loaded], follow),
          byHand: () => timeStart(bench, byHand.mapped),
          byHandLoaded: () => timeStart(bench, byHand.loaded),
          cold: () => timeStart(bench, ['--env', 'CRAC_RESTORE=false', tags.mapped], follow)
        },
        { warmUp: true }
      )
      return { rows: startRows(starts, (side) => NAMES[side]), targets: targets(starts) }
    } finally {
      await attempt('docker', ['image', 'rm', '--force', ...Object.values(tags)], { env: world.environment })
    }
  }
}

/** The ratios that have a limit, from the start of the container: before it all sides wait for the engine, for longer than a restore takes. */
function targets(starts: Record<keyof typeof NAMES, Start[]>): Target[] {
  const target = (other: 'byHand' | 'byHandLoaded', limit: number): Target => ({
    claim: `the image against ${NAMES[other]}, from the start of the container`,
    ratio: startRatio(starts.mapped, starts[other]),
    limit,
    why: 'most of the memory of the sample is not Java heap, so CRIU loads it; before CRIU, the entry script and the launcher of the JVM have to run'
  })
  return [target('byHandLoaded', 0.95), target('byHand', 1.25)]
}

/** What a person would type to restore the snapshot of the image: flags, image and arguments. */
async function criuCommand({ world }: Bench, image: string): Promise<string[]> {
  const script = `cd ${HOME} && taken=$(cat taken-by) && echo criu/$taken/criu && cat criu/\${taken%%/*}/options snapshot/criu-options`
  const command = ['run', '--rm', '--entrypoint', 'sh', image, '-c', script]
  const [criu = '', ...options] = (await run('docker', command, { env: world.environment })).split(/\s+/)
  return [
    ...['--entrypoint', `${HOME}/${criu}`, image],
    ...['restore', '--images-dir', `${HOME}/snapshot`, '--work-dir', '/tmp', '--shell-job', '-v1'],
    ...['--action-script', '/opt/crac-java/lib/criuengine'],
    ...options
  ]
}
