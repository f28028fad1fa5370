import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { RUN_LABEL } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { imageNames, labelValues } from '../docker/inspect.js'
import { RUN_IMAGE } from '../docker/names.js'
import { endOrphans } from './orphans.js'
import { release, RUN_FOLDER } from './release.js'
import { parseRunId, runState, thisHost, type HostProbe } from './run-id.js'

export interface SweepContext {
  docker: Docker
  /** Whether only this machine uses the Docker engine. */
  localEngine: boolean
  /** Folder with the folders of runs. */
  folder: string
  info: (line: string) => void
}

/** What there is of a run, which may still be under way. */
interface Leftovers {
  containers: boolean
  /** The roles of its images. */
  images: string[]
  /** Its folder, which may contain only logs. */
  folder: string | undefined
}

/**
 * Removes the leftovers of dead runs that had no post step: their machine was switched off, or their runner was killed. A run
 * that may be alive is left alone, and so is what the job of an ended run may still use: its logs and its image.
 */
export async function sweep(context: SweepContext, host: HostProbe = thisHost): Promise<void> {
  const { docker, localEngine, info } = context
  for (const [id, { containers, images, folder }] of await findLeftovers(context)) {
    const run = parseRunId(id)
    const state = run && (await runState(run, localEngine, host))
    if (state === undefined || state === 'unknown') continue
    const keep = state === 'gone' ? [] : (['runtime', 'logs'] as const)
    const removable = images.some((role) => state === 'gone' || role !== 'runtime')
    const files = folder !== undefined && existsSync(state === 'gone' ? folder : path.join(folder, 'work'))
    if (!containers && !removable && !files) continue
    await endOrphans(id)
    const problems = await release(docker, { id, folder, keep })
    const rest = problems.length > 0 ? `, but for this: ${problems.join('; ')}` : ''
    info(`Removed what the run ${id} left, which ended without its clean-up${rest}.`)
  }
}

async function findLeftovers({ docker, folder }: SweepContext): Promise<Map<string, Leftovers>> {
  const leftovers = new Map<string, Leftovers>()
  function of(id: string): Leftovers {
    const known = leftovers.get(id) ?? { containers: false, images: [], folder: undefined }
    leftovers.set(id, known)
    return known
  }
  // Without a list there is nothing to remove, and no reason to fail.
  for (const id of await labelValues(docker, RUN_LABEL).catch(() => [])) of(id).containers = true
  for (const name of await imageNames(docker, `${RUN_IMAGE}*`).catch(() => [])) {
    const [id = '', role = ''] = name.slice(RUN_IMAGE.length).split(':')
    of(id).images.push(role)
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(RUN_FOLDER)) of(name.slice(RUN_FOLDER.length)).folder = path.join(folder, name)
  }
  return leftovers
}
