import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { namesOf, RUN_IMAGE, type ImageRole } from '../docker/names.js'
import { removeContainers, removeFolder, removeImages, RUN_FOLDER } from './release.js'
import { RUN_LABEL } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { imageNames, labelValues } from '../docker/inspect.js'
import { endOrphans } from './orphans.js'
import { thisHost, runState, parseRunId, type HostProbe } from './run-id.js'

export interface SweepWorld {
  docker: Docker
  /** Only this machine uses the engine. */
  localEngine: boolean
  /** Where runs have their folders. */
  folder: string
  info: (line: string) => void
}

/** What a run left, or has while it goes on. */
interface Leftovers {
  containers: boolean
  images: ImageRole[]
  /** Its folder, which may hold nothing but logs. */
  folder: string | undefined
}

/**
 * Removes what dead runs left that no post step has cleaned up: their machine was switched off, or their runner was killed.
 * A run that may be alive is left alone, and so is what the job of an ended one may still use: its logs, and its image.
 */
export async function sweep(world: SweepWorld, place: HostProbe = thisHost): Promise<void> {
  const { docker, localEngine, info } = world
  for (const [id, left] of await whatRunsLeft(world)) {
    const run = parseRunId(id)
    const life = run && (await runState(run, localEngine, place))
    if (life === undefined || life === 'unknown') continue
    const images = left.images.filter((role) => life === 'gone' || role !== 'runtime')
    const folder = left.folder && (life === 'gone' ? left.folder : path.join(left.folder, 'work'))
    const files = folder !== undefined && existsSync(folder)
    if (!left.containers && images.length === 0 && !files) continue
    await endOrphans(id)
    const problems = [
      ...(await removeContainers(docker, namesOf(id))),
      ...(await removeImages(docker, namesOf(id), images)),
      ...(files ? await removeFolder(folder) : [])
    ]
    const rest = problems.length > 0 ? `, but for this: ${problems.join('; ')}` : ''
    info(`Removed what the run ${id} left, which ended without its clean-up${rest}.`)
  }
}

async function whatRunsLeft({ docker, folder }: SweepWorld): Promise<Map<string, Leftovers>> {
  const found = new Map<string, Leftovers>()
  function of(id: string): Leftovers {
    const left = found.get(id) ?? { containers: false, images: [], folder: undefined }
    found.set(id, left)
    return left
  }
  for (const id of await labelValues(docker, RUN_LABEL)) of(id).containers = true
  for (const name of await imageNames(docker, `${RUN_IMAGE}*`)) {
    const [id = '', role = ''] = name.slice(RUN_IMAGE.length).split(':')
    of(id).images.push(role as ImageRole)
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(RUN_FOLDER)) of(name.slice(RUN_FOLDER.length)).folder = path.join(folder, name)
  }
  return found
}
