import { Failure } from '../errors.js'
import { layersOf, type ImageLayer } from '../image/layers.js'
import { pushImage } from '../registry/push.js'
import { tagImage } from '../registry/tag.js'
import { fromFork } from '../runner/event.js'
import type { Run } from './run.js'

export interface Published {
  /** undefined if it is not pushed. */
  digest: string | undefined
  layers: ImageLayer[]
}

/** Gives the image its tags, here and, if it is to be pushed, at their registries. */
export async function publish(run: Run, imageId: string): Promise<Published> {
  const { inputs, world, work } = run
  const { engine, log, environment } = world
  return await run.phases.run('push', inputs.push ? 'Push' : 'Tag', async () => {
    if (!inputs.push) {
      await tagImage(engine, imageId, inputs.tags)
      log.info('`push` is false: the image is tagged on this machine, and nothing is pushed.')
      return { digest: undefined, layers: await layersOf(engine, imageId) }
    }
    try {
      const pushed = await pushImage(
        { ...world, info: (line) => log.info(line), warn: (line) => log.warning(line) },
        { image: imageId, tags: inputs.tags, timeout: inputs.pushTimeout, folder: work }
      )
      // Only now: a push that fails, or is killed, has left the tags on this machine as they were.
      await tagImage(world.undoing, imageId, inputs.tags)
      return pushed
    } catch (error) {
      throw error instanceof Failure && error.kind === 'registry' && (await fromFork(environment))
        ? error.also(
            'This is a pull request from a fork, whose token may not push: set `push` to false for those.'
          )
        : error
    }
  })
}
