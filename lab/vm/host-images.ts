import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../command.js'
import type { Progress } from '../progress.js'
import { runStep } from '../runner.js'
import type { World } from '../world.js'
import { hostOf, thisMachine, type Place } from './place.js'
import type { Host } from './platforms.js'
import { baseOf, GENERIC, madeOf, SHORT_RUN, type MadeImage } from './visits.js'

/** This machine, and the images that it has made. */
export interface ThisMachine {
  place: Place
  host: Host
  images: [MadeImage, ...MadeImage[]]
}

/** Does the whole job on this machine: for all CPUs, and where it has AVX-512 also for its own. */
export async function makeHere(
  { environment, baseImage, registry, inputs, toolCache }: World,
  context: string,
  folder: string,
  progress: Progress
): Promise<ThisMachine> {
  const docker = async (...args: string[]): Promise<string> => await run('docker', args, { env: environment })
  await docker('tag', baseImage, baseOf(registry))
  await docker('push', '--quiet', baseOf(registry))
  const kernel = await docker('version', '--format', '{{.Server.KernelVersion}}')
  const place = thisMachine(environment, kernel, await mkdtemp(path.join(folder, 'host-')))
  const host = await hostOf(place, baseOf(registry))
  const make = async (cpuFeatures: string): Promise<MadeImage> => {
    const name = `this-machine-${cpuFeatures}`
    const tag = `${registry}/vm/${name}:crac`
    progress(`${place.name}: running the action with cpu-features ${cpuFeatures} ...`)
    const limits = cpuFeatures === 'generic' ? GENERIC : {}
    const given = { ...inputs, ...SHORT_RUN, ...limits, context, tags: tag, 'cpu-features': cpuFeatures }
    const step = await runStep({ inputs: given, environment, workspace: folder, toolCache })
    const image = madeOf(step, tag, { name, on: place.name, cpuFeatures })
    if (image.reference === '') throw new Error(`The action failed on this machine:\n${step.log}`)
    // What is started here later comes from the registry.
    await docker('image', 'rm', '--force', tag)
    return image
  }
  const generic = await make('generic')
  return { place, host, images: host.avx512 ? [generic, await make('native')] : [generic] }
}
