import { namesOf, removeContainers, removeFolder, removeImages, settle } from './cleanup.js'
import type { Clock } from './clock.js'
import type { Engine } from './engine/docker.js'

/**
 * Removes whatever a run left, after a failure or a cancellation too; `engine` is undefined where the run had none. Returns what could
 * not be removed.
 */
export async function cleanUp(
  engine: Engine | undefined,
  clock: Clock,
  id: string,
  runFolder: string
): Promise<string[]> {
  await settle(clock, id, false)
  const names = namesOf(id)
  const inEngine = engine
    ? [
        ...(await removeContainers(engine, names)),
        ...(await removeImages(engine, names, ['checkpoint', 'snapshot', 'user', 'runtime']))
      ]
    : []
  return [...inEngine, ...(await removeFolder(runFolder))]
}
