import { namesOf, removeContainers, removeFolder, removeImages } from './cleanup.js'
import type { Engine } from './engine/docker.js'

/** Removes whatever a run left, after a failure or a cancellation too. Returns what could not be removed. */
export async function cleanUp(engine: Engine, id: string, runFolder: string): Promise<string[]> {
  const names = namesOf(id)
  return [
    ...(await removeContainers(engine, names)),
    ...(await removeImages(engine, names, ['checkpoint', 'snapshot', 'runtime'])),
    ...(await removeFolder(runFolder))
  ]
}
