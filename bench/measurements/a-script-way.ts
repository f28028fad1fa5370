import { attempt } from '../../lab/command.js'
import { callUntilAnswer, startImage } from '../../lab/started-image.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement, Target } from '../bench.js'
import { DEVELOPERS_JDK } from '../developers-jdk.js'
import { byTurns, median } from '../rounds.js'
import { runScript } from '../script-way/run.js'

const NAMES: Record<string, string> = {
  script: 'the script',
  untimed: 'the action, `verify: false`',
  action: 'the action, one restore and one cold start timed',
  defaults: 'the action, with its defaults, among them an archive of classes'
}

export const scriptWay: Measurement = {
  title: 'the whole job against the script way',
  conditions: [
    'The same JDK archive, base image, application, CRIU and registry on both sides; one request as warm-up on both; caches warm (a round before the first is not counted).',
    DEVELOPERS_JDK,
    'The script: bench/script-way/make-image.sh. A build that installs its packages, a start with --privileged, readiness polled every 2 s, one curl, jcmd, the snapshot polled every 5 s, docker cp, a second build, docker push. Its JDK archive lies on the disk.',
    'The action, with `push: true` and one restore and one cold start as its proof: besides, it asks for the release, inspects the runner, tries CRIU, and proves the restore and a normal start before it pushes.',
    'The same with `verify: false`, where the image is restored once and nothing is timed, and with all defaults: an archive of classes is trained and tried, and two to five restores and normal starts are timed. Only the last makes an archive, as the script makes none.',
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
      untimed: () => action({ verify: 'false', archive: 'off' }),
      action: () => action(LEAST_PROOF),
      defaults: () => action({})
    }
    const times = await byTurns(bench.rounds(3), sides, { warmUp: true })
    const why = `the script's polling costs it at most 7 s of its ${(median(times.script) / 1000).toFixed(1)} s, the rest is work that the action does too; b has the phases`
    const target = (how: string, own: number[], limit: number): Target => ({
      claim: `the action ${how} against the script`,
      ratio: median(own) / median(times.script),
      limit,
      why
    })
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
        target('with one restore and one cold start', times.action, 0.7),
        target('with its defaults', times.defaults, 1.2),
        target('with `verify: false`', times.untimed, 0.5)
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
