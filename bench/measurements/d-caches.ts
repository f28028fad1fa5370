import path from 'node:path'
import { run } from '../../lab/command.js'
import { withEmptyEngine } from '../../lab/engine/engine.js'
import { labHome } from '../../lab/home.js'
import { LEAST_PROOF, runAction } from '../action.js'
import type { Bench, Measurement } from '../bench.js'

export const caches: Measurement = {
  title: 'cold and warm caches, and a rebuild of what did not change',
  conditions: [
    'Cold: an engine without any image or build cache, which pulls the base image from the registry, and an empty tool cache.',
    'JDK cached: another engine like that, and the tool cache of the run before, as a job that restores a cache has it.',
    'Warm: the second run in the engine of the cold one. Unchanged: a third, with `skip-unchanged: true`.',
    'The registry has the layers of earlier runs (of the JDK and the application) in each of them.'
  ],
  run: async (bench) => {
    const base = await pushBase(bench)
    const times = {
      cold: [] as number[],
      jdkCached: [] as number[],
      warm: [] as number[],
      unchanged: [] as number[]
    }
    const rounds = bench.rounds(2)
    for (let round = 0; round < rounds; round++) {
      const toolCache = path.join(bench.folder, `tool-cache-${round}`)
      const tag = `${bench.world.registry}/bench/caches:${bench.id}`
      const timeRun = async (environment: NodeJS.ProcessEnv, inputs = {}): Promise<number> => {
        const options = { environment, toolCache, keep: true }
        const run = await runAction(bench, tag, { ...LEAST_PROOF, 'base-image': base, ...inputs }, options)
        return run.milliseconds
      }
      await withEmptyEngine(labHome(), async (environment) => {
        times.cold.push(await timeRun(environment))
        times.warm.push(await timeRun(environment))
        times.unchanged.push(await timeRun(environment, { 'skip-unchanged': 'true' }))
      })
      await withEmptyEngine(labHome(), async (environment) => {
        times.jdkCached.push(await timeRun(environment))
      })
    }
    return {
      rows: [
        { name: 'cold', unit: 'ms', values: times.cold },
        { name: 'JDK cached', unit: 'ms', values: times.jdkCached },
        { name: 'warm', unit: 'ms', values: times.warm },
        { name: 'unchanged', unit: 'ms', values: times.unchanged }
      ],
      targets: []
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
