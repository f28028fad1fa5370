import { rm } from 'node:fs/promises'
import type { Clock } from '../lib/clock.js'
import { RUN_LABEL } from '../docker/containers.js'
import type { ImageRole, RunNames } from '../docker/names.js'
import type { Docker } from '../docker/docker.js'
import { endOrphans } from './orphans.js'
import { messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** Prefix of the folder of a run; the id follows. */
export const RUN_FOLDER = 'crac-checkpoint-'

/** The engine may just be finishing what an ended client had asked for. */
const SETTLING_TIME: Milliseconds = 1500

/** Ends the clients that a run left, and lets the engine come to rest where it was interrupted. */
export async function settle(clock: Clock, id: string, interrupted: boolean): Promise<void> {
  if ((await endOrphans(id)) > 0 || interrupted) await clock.sleep(SETTLING_TIME)
}

/** Removes the run's containers; the first error does not keep it from the rest. Returns what went wrong. */
export async function removeContainers(docker: Docker, names: RunNames): Promise<string[]> {
  return await collect(async () => {
    await removeFound(docker, ['ps', '--all', ...labelled(names)], ['rm', '--force', '--volumes'])
  })
}

function labelled({ id }: RunNames): string[] {
  return ['--quiet', '--filter', `label=${RUN_LABEL}=${id}`]
}

async function removeFound(
  docker: Docker,
  list: readonly string[],
  remove: readonly string[]
): Promise<void> {
  const ids = (await docker.run(list)).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await docker.run([...remove, ...ids])
}

/**
 * Removes the run's temporary image names, and with them the images that have no other name; those that never had one, of the
 * classic builder, go by their label.
 */
export async function removeImages(
  docker: Docker,
  names: RunNames,
  roles: readonly ImageRole[]
): Promise<string[]> {
  return await collect(async () => {
    for (const role of roles) {
      const found = await docker.run(['image', 'ls', '--quiet', names.image(role)])
      if (found !== '') await docker.run(['image', 'rm', '--force', names.image(role)])
    }
    await removeFound(
      docker,
      ['image', 'ls', ...['--filter', 'dangling=true'], ...labelled(names)],
      ['image', 'rm', '--force']
    )
  })
}

export async function removeFolder(folder: string): Promise<string[]> {
  return await collect(() => rm(folder, { recursive: true, force: true }))
}

async function collect(work: () => Promise<void>): Promise<string[]> {
  try {
    await work()
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}
