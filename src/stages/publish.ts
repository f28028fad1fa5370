import { Failure } from '../lib/errors.js'
import { layersOf, type ImageLayer } from '../image/layers.js'
import { openPush, tagImage } from '../registry/push.js'
import { fromFork } from '../runner/pull-request.js'
import type { SecretReport } from '../secrets/report.js'
import { seconds } from '../lib/values.js'
import { readOut } from './read-out.js'
import type { Run } from './run.js'
import type { Taken } from './secrets.js'

export interface Published {
  /** undefined if it is not pushed. */
  digest: string | undefined
  layers: ImageLayer[]
  secrets: SecretReport
}

/** Gives the image its tags, here and, if it is to be pushed, at their registries; all of that after the search for secrets. */
export async function publish(run: Run, imageId: string, taken: Taken | undefined): Promise<Published> {
  const { inputs, world } = run
  if (inputs.push) return await push(run, imageId, taken)
  const { secrets } = await readOut(run, imageId, taken, undefined)
  return await run.steps.run('push', 'Tag', async () => {
    await tagImage(world.docker, imageId, inputs.tags)
    world.log.info('`push` is false: the image is tagged on this machine, and nothing is pushed.')
    return { digest: undefined, layers: await layersOf(world.docker, imageId), secrets }
  })
}

async function push(run: Run, imageId: string, taken: Taken | undefined): Promise<Published> {
  const { inputs, world, work, steps } = run
  const { log } = world
  const late = AbortSignal.timeout(inputs.pushTimeout)
  const signal = AbortSignal.any([late, world.cancelled])
  try {
    const opened = await steps.run('registries', 'Ask the registries', () =>
      openPush(
        { ...world, info: (line) => log.info(line), warn: (line) => log.warning(line) },
        { image: imageId, tags: inputs.tags, folder: work },
        signal
      )
    )
    const { secrets, packed } = await readOut(run, imageId, taken, { known: opened.known, signal })
    if (!packed) throw new Error('nothing was packed')
    const pushed = await steps.run('push', 'Push', () => opened.send(packed))
    // Only now: a push that fails, or is killed, has left the tags on this machine as they were.
    await tagImage(world.dockerAfterCancel, imageId, inputs.tags)
    return { ...pushed, secrets }
  } catch (error) {
    throw late.aborted && !world.cancelled.aborted ? tooLate(run, error) : await explained(run, error)
  }
}

function tooLate({ inputs }: Run, cause: unknown): Failure {
  return new Failure('registry', `The push was not done within ${seconds(inputs.pushTimeout)}.`, {
    fix: 'If the registry is only slow, raise `push-timeout`; no tag was moved, or those that were have been put back.',
    cause
  })
}

async function explained({ world }: Run, error: unknown): Promise<unknown> {
  return error instanceof Failure && error.category === 'registry' && (await fromFork(world.environment))
    ? error.also(
        'This is a pull request from a fork, whose token may not push: set `push` to false for those.'
      )
    : error
}
