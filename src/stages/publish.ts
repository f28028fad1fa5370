import { pushImage, tagImage } from '../registry/push.js'
import type { Run } from './run.js'

/** Gives the image its tags; the digest, if it is pushed. */
export async function publish(run: Run, imageId: string): Promise<string | undefined> {
  const { inputs, world } = run
  const { engine, log } = world
  return await run.phases.run('push', inputs.push ? 'Push' : 'Tag', async () => {
    const tagged = await tagImage(engine, imageId, inputs.tags)
    if (!inputs.push) {
      log.info('`push` is false: nothing is pushed.')
      return undefined
    }
    try {
      const push = {
        engine,
        clock: world.clock,
        info: (line: string) => log.info(line),
        onLine: (line: string) => log.foreign(line)
      }
      return (await pushImage(push, inputs.tags, inputs.pushTimeout)).digest
    } catch (error) {
      await tagged.undo()
      throw error
    }
  })
}
