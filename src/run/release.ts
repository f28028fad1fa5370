import { rm } from 'node:fs/promises'
import path from 'node:path'
import { RUN_LABEL } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { imageNames } from '../docker/inspect.js'
import { namesOf, RUN_IMAGE } from '../docker/names.js'
import type { Clock } from '../lib/clock.js'
import { messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { endOrphans } from './orphans.js'

/** Prefix of the names of the folders of all runs; the id of the run follows. */
export const RUN_FOLDER = 'crac-checkpoint-'

/** Docker may still finish a command whose client has ended. */
const SETTLING_TIME: Milliseconds = 1500

/** Ends the docker clients and scripts that a run left, and waits until Docker has finished what was interrupted. */
export async function settle(clock: Clock, id: string, interrupted: boolean): Promise<void> {
  if ((await endOrphans(id)) > 0 || interrupted) await clock.sleep(SETTLING_TIME)
}

export interface Release {
  id: string
  /** Folder of the run; undefined if it is not on this machine. */
  folder: string | undefined
  /** What the job may still use: the finished image, and the folder with the logs. */
  keep: readonly ('runtime' | 'logs')[]
}

/**
 * Removes the containers, the temporary images and the files of a run, each of them even if another one fails. Docker is
 * undefined if it holds nothing of the run. Returns a message for each error.
 */
export async function release(docker: Docker | undefined, { id, folder, keep }: Release): Promise<string[]> {
  const problems: string[] = []
  async function attempt(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => problems.push(messageOf(error)))
  }
  if (docker) {
    const ofRun = ['--quiet', '--filter', `label=${RUN_LABEL}=${id}`]
    await attempt(() => removeListed(docker, ['ps', '--all', ...ofRun], ['rm', '--force', '--volumes']))
    await attempt(async () => {
      const names = await imageNames(docker, `${RUN_IMAGE}${id}:*`)
      const kept = keep.includes('runtime') ? namesOf(id).image('runtime') : undefined
      await remove(
        docker,
        ['image', 'rm', '--force'],
        names.filter((name) => name !== kept)
      )
      // The classic builder leaves images without a name.
      const unnamed = ['image', 'ls', '--filter', 'dangling=true', ...ofRun]
      await removeListed(docker, unnamed, ['image', 'rm', '--force'])
    })
  }
  if (folder !== undefined) {
    const files = keep.includes('logs') ? path.join(folder, 'work') : folder
    await attempt(() => rm(files, { recursive: true, force: true }))
  }
  return problems
}

async function removeListed(docker: Docker, list: string[], command: string[]): Promise<void> {
  const ids = (await docker.run(list)).split('\n').filter((id) => id !== '')
  await remove(docker, command, ids)
}

async function remove(docker: Docker, command: string[], things: string[]): Promise<void> {
  if (things.length > 0) await docker.run([...command, ...things])
}
