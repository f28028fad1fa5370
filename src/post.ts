import { namesOf, removeContainers, removeFolder, removeImages, settle } from './cleanup.js'
import type { Clock } from './clock.js'
import type { Engine } from './engine/docker.js'

/** Removes whatever a run left, after a failure or a cancellation too. Returns what could not be removed. */
export async function cleanUp(
  engine: Engine,
  clock: Clock,
  id: string,
  runFolder: string
): Promise<string[]> {
  await settle(clock, id, false)
  const names = namesOf(id)
  return [
    ...(await removeContainers(engine, names)),
    ...(await removeImages(engine, names, ['checkpoint', 'snapshot', 'user', 'runtime'])),
    ...(await removeFolder(runFolder))
  ]
}
