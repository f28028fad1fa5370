import { namesOf, removeContainers, removeFolder, removeImages } from './cleanup.js'
import type { Clock } from './clock.js'
import type { Engine } from './engine/docker.js'
import { endOrphans } from './engine/orphans.js'
import type { Milliseconds } from './values.js'

/** The engine may just be finishing what an ended client had asked for. */
const SETTLING_TIME: Milliseconds = 1500

/** Removes whatever a run left, after a failure or a cancellation too. Returns what could not be removed. */
export async function cleanUp(
  engine: Engine,
  clock: Clock,
  id: string,
  runFolder: string
): Promise<string[]> {
  if ((await endOrphans(id)) > 0) await clock.sleep(SETTLING_TIME)
  const names = namesOf(id)
  return [
    ...(await removeContainers(engine, names)),
    ...(await removeImages(engine, names, ['checkpoint', 'snapshot', 'user', 'runtime'])),
    ...(await removeFolder(runFolder))
  ]
}
