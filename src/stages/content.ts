import type { TakenSnapshot } from '../checkpoint/take.js'
import { describeContent } from '../report/content.js'
import { readSnapshot, type SnapshotReading } from '../snapshot/read.js'
import { imagesOf, type Run } from './run.js'

/** Finds out what is in the snapshot; undefined where it cannot be read, which keeps nothing from going on. */
export async function lookIntoSnapshot(
  run: Run,
  { statistics }: TakenSnapshot
): Promise<SnapshotReading | undefined> {
  return await run.steps.run('content', 'Look into the snapshot', async () => {
    const reading = await readSnapshot(run.logs, imagesOf(run))
    const lines = reading ? describeContent(reading.content, statistics) : [['Its images', 'cannot be read']]
    // Names of threads and variables are the application's.
    for (const [name, value] of lines) run.world.log.foreign(`${name}: ${value}`)
    return reading
  })
}
