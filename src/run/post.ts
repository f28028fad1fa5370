import { namesOf } from '../docker/names.js'
import { removeContainers, removeFolder, removeImages, settle } from './release.js'
import type { Clock } from '../lib/clock.js'
import type { Docker } from '../docker/docker.js'

/**
 * Removes whatever a run left, after a failure or a cancellation too; `engine` is undefined where the run had none. Returns what could
 * not be removed.
 */
export async function cleanUp(
  docker: Docker | undefined,
  clock: Clock,
  id: string,
  runFolder: string
): Promise<string[]> {
  await settle(clock, id, false)
  const names = namesOf(id)
  const inEngine = docker
    ? [
        ...(await removeContainers(docker, names)),
        ...(await removeImages(docker, names, ['checkpoint', 'snapshot', 'user', 'runtime']))
      ]
    : []
  return [...inEngine, ...(await removeFolder(runFolder))]
}
