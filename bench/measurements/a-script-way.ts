import path from 'node:path'
import { attempt, run } from '../../lab/command.js'
import { callUntilAnswer, startImage } from '../../lab/started-image.js'
import { runAction } from '../action.js'
import type { Bench, Measurement } from '../bench.js'
import { byTurns, median, timed } from '../rounds.js'

const SCRIPT = path.resolve(import.meta.dirname, '../script-way/make-image.sh')

export const scriptWay: Measurement = {
  title: 'the whole job against the script way',
  conditions: [
    'The same JDK archive, base image, application, CRIU and registry on both sides; one request as warm-up on both; caches warm (a round before the first is not counted).',
    'The script: bench/script-way/make-image.sh. A build that installs its packages, a start with --privileged, readiness polled every 2 s, one curl, jcmd, the snapshot polled every 5 s, docker cp, a second build, docker push. Its JDK archive lies on the disk.',
    'The action, with its defaults and `push: true`: besides, it asks for the release, inspects the runner, tries CRIU, and proves the restore and a cold start before it pushes.',
    'The image of the script is started once, with --privileged, and has to say that it was restored.'
  ],
  run: async (bench) => {
    const { world } = bench
    const tags = {
      script: `${world.registry}/bench/script:${bench.id}`,
      action: `${world.registry}/bench/action:${bench.id}`
    }
    const steps = new Map<string, number[]>()
    let checked = false
    const script = async (): Promise<number> => {
      const { milliseconds, stepTimes } = await runScript(bench, tags.script)
      if (checked) for (const [name, time] of stepTimes) steps.set(name, [...(steps.get(name) ?? []), time])
      else await mustRestore(bench, tags.script)
      checked = true
      await attempt('docker', ['image', 'rm', '--force', tags.script], { env: world.environment })
      return milliseconds
    }
    const times = await byTurns(
      bench.rounds(3),
      { script, action: async () => (await runAction(bench, tags.action)).milliseconds },
      { warmUp: true }
    )
    return {
      rows: [
        { name: 'the script', unit: 'ms', values: times.script },
        { name: 'the action', unit: 'ms', values: times.action },
        ...[...steps].map(([name, values]) => ({
          name: `of the script: ${name}`,
          unit: 'ms' as const,
          values
        }))
      ],
      targets: [
        {
          claim: 'the action takes at most half the time of the script',
          ratio: median(times.action) / median(times.script),
          limit: 0.5,
          why: 'the application starts once for the script, and twice more for the proof (restored and cold); see b for the phases'
        }
      ],
      notes: ['A script with a bind mount in place of docker cp saves the step `copy`.']
    }
  }
}

async function runScript(
  { world }: Bench,
  tag: string
): Promise<{ milliseconds: number; stepTimes: [string, number][] }> {
  let output = ''
  const milliseconds = await timed(async () => {
    await run(SCRIPT, [world.baseImage, world.jdkArchive ?? '', world.context, tag], {
      env: world.environment,
      onOutput: (text) => (output += text)
    })
  })
  const stepTimes = [...output.matchAll(/^step (\S+) (\d+)$/gm)].map(
    ([, name = '', time]): [string, number] => [name, Number(time)]
  )
  return { milliseconds, stepTimes }
}

/** An error unless the image answers, and says itself that it came out of a snapshot. */
async function mustRestore({ world, id }: Bench, image: string): Promise<void> {
  const name = `bench-${id}-script`
  const { environment } = world
  try {
    const started = await startImage({ environment, image, name, port: 8080, flags: ['--privileged'] })
    const status = await callUntilAnswer(started, '/status')
    if (!(JSON.parse(status) as { restored: boolean }).restored)
      throw new Error(`not restored, says ${status}`)
  } catch (error) {
    const { stdout, stderr } = await attempt('docker', ['logs', name], { env: environment })
    throw new Error(`The script's image does not restore: ${String(error)}\n${stdout}${stderr}`, {
      cause: error
    })
  } finally {
    await attempt('docker', ['rm', '--force', name], { env: environment })
  }
}
