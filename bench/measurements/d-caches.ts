import path from 'node:path'
import { run } from '../../lab/command.js'
import { withEmptyDocker } from '../../lab/docker/empty-docker.js'
import { labHome } from '../../lab/home.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement } from '../bench.js'
import { DEVELOPERS_JDK } from '../developers-jdk.js'
import { FRESH_RUNNER, freshRunner } from '../fresh-runner.js'
import { runScript } from '../script-way/run.js'

export const caches: Measurement = {
  title: 'cold and warm caches, and a rebuild of what did not change',
  conditions: [
    'Cold: an engine without any image or build cache, which pulls the base image from the registry, and an empty tool cache.',
    'JDK cached: another engine like that, and the tool cache of the run before, as a job that restores a cache has it.',
    'Warm: the second run in the engine of the cold one. Unchanged: a third, with `skip-unchanged: true`.',
    'The script way (see a) in an engine like that of the cold run.',
    'Each of these engines pushes to a repository that has nothing yet.',
    DEVELOPERS_JDK,
    ...FRESH_RUNNER
  ],
  run: async (bench) => {
    const fresh = await freshRunner(bench)
    const base = await pushBase(bench)
    const times = {
      script: [] as number[],
      cold: [] as number[],
      jdkCached: [] as number[],
      warm: [] as number[],
      unchanged: [] as number[]
    }
    const rounds = bench.rounds(2)
    for (let round = 0; round < rounds; round++) {
      const toolCache = path.join(bench.folder, `tool-cache-${round}`)
      const repository = `${bench.world.registry}/bench/caches-${bench.id}-${round}`
      const timeRun = async (environment: NodeJS.ProcessEnv, tag: string, inputs = {}): Promise<number> => {
        const options = { environment, toolCache, keep: true }
        const run = await runAction(bench, tag, { ...LEAST_PROOF, 'base-image': base, ...inputs }, options)
        return run.milliseconds
      }
      await withEmptyDocker(labHome(), async (environment) => {
        const tag = `${repository}-cold:crac`
        times.cold.push(await timeRun(environment, tag))
        times.warm.push(await timeRun(environment, tag))
        times.unchanged.push(await timeRun(environment, tag, { 'skip-unchanged': 'true' }))
      })
      await withEmptyDocker(labHome(), async (environment) => {
        const given = { environment, baseImage: base }
        times.script.push((await runScript(bench, `${repository}-script:crac`, given)).milliseconds)
      })
      await withEmptyDocker(labHome(), async (environment) => {
        times.jdkCached.push(await timeRun(environment, `${repository}-jdk:crac`))
      })
    }
    return {
      rows: [
        { name: 'the script way, cold (its JDK lies on the disk)', unit: 'ms', values: times.script },
        { name: 'the action, cold', unit: 'ms', values: times.cold },
        { name: 'the action, JDK cached', unit: 'ms', values: times.jdkCached },
        { name: 'the action, warm', unit: 'ms', values: times.warm },
        { name: 'the action, unchanged', unit: 'ms', values: times.unchanged },
        ...fresh.rows
      ],
      targets: fresh.targets,
      notes: fresh.notes ?? []
    }
  }
}

/** The base image as one that has to be pulled. */
async function pushBase({ world }: Bench): Promise<string> {
  const name = `${world.registry}/bench/base:trixie`
  const env = world.environment
  await run('docker', ['tag', world.baseImage, name], { env })
  await run('docker', ['push', '--quiet', name], { env })
  await run('docker', ['image', 'rm', name], { env })
  return name
}
