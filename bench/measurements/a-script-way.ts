import { attempt } from '../../lab/command.js'
import { callUntilAnswer, startImage } from '../../lab/started-image.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement } from '../bench.js'
import { DEVELOPERS_JDK } from '../developers-jdk.js'
import { byTurns, median } from '../rounds.js'
import { runScript } from '../script-way/run.js'

const NAMES: Record<string, string> = {
  script: 'the script',
  untimed: 'the action, `verify: false`',
  action: 'the action, one restore and one cold start timed',
  defaults: 'the action, with its defaults'
}

export const scriptWay: Measurement = {
  title: 'the whole job against the script way',
  conditions: [
    'The same JDK archive, base image, application, CRIU and registry on both sides; one request as warm-up on both; caches warm (a round before the first is not counted).',
    DEVELOPERS_JDK,
    'The script: bench/script-way/make-image.sh. A build that installs its packages, a start with --privileged, readiness polled every 2 s, one curl, jcmd, the snapshot polled every 5 s, docker cp, a second build, docker push. Its JDK archive lies on the disk.',
    'The action, with `push: true` and one restore and one cold start as its proof: besides, it asks for the release, inspects the runner, tries CRIU, and proves the restore and a normal start before it pushes.',
    'The same with `verify: false`, where the image is restored once and nothing is timed, and with all defaults, where five restores and five cold starts are.',
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
      const { milliseconds, steps: taken } = await runScript(bench, tags.script)
      if (checked) for (const [name, time] of taken) steps.set(name, [...(steps.get(name) ?? []), time])
      else await mustRestore(bench, tags.script)
      checked = true
      await attempt('docker', ['image', 'rm', '--force', tags.script], { env: world.environment })
      return milliseconds
    }
    const action = async (inputs: Record<string, string>): Promise<number> =>
      (await runAction(bench, tags.action, inputs)).milliseconds
    const sides = {
      script,
      untimed: () => action({ verify: 'false' }),
      action: () => action(LEAST_PROOF),
      defaults: () => action({})
    }
    const times = await byTurns(bench.rounds(3), sides, { warmUp: true })
    return {
      rows: [
        ...Object.entries(times).map(([name, values]) => ({
          name: NAMES[name] ?? name,
          unit: 'ms' as const,
          values
        })),
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
          why: `the script's polling costs it at most 7 s of its ${(median(times.script) / 1000).toFixed(1)} s, the rest is work that the action does too, and it starts the application twice more, for the proof; b has the phases`
        }
      ],
      notes: ['A script with a bind mount in place of docker cp saves the step `copy`.']
    }
  }
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
