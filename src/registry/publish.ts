import type { Context } from '../docker/context.js'
import type { Docker } from '../docker/docker.js'
import { layersOf, type ImageLayer } from '../image/layers.js'
import { Failure } from '../lib/errors.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { fromFork } from '../runner/pull-request.js'
import type { SecretReport } from '../secrets/report.js'
import type { Secret } from '../secrets/scanner/needles.js'
import type { SnapshotInImage } from '../secrets/search.js'
import type { Repositories } from './published.js'
import { openPush, tagImage } from './push.js'
import type { Reference } from './reference.js'
import { scanAndPack, type SecretScan } from './scan-and-pack.js'

export interface Publication {
  /** Digest of the pushed manifest; undefined if nothing was pushed. */
  digest: string | undefined
  tags: string[]
  layers: ImageLayer[]
  secrets: SecretReport
}

export interface PublishInputs {
  secretScan: 'fail' | 'warn' | 'off'
  push: boolean
  tags: Reference[]
  pushTimeout: Milliseconds
}

export interface PublishEnvironment {
  repositories: Repositories
  /** Docker for work that goes on after a cancellation. */
  dockerAfterCancel: Docker
  cancelled: AbortSignal
  environment: NodeJS.ProcessEnv
  /** The known values that must not be in the image. */
  secrets: readonly Secret[]
}

interface ProvedImage {
  id: string
  snapshot: SnapshotInImage | undefined
}

/** Scans the image for secrets, then gives it its tags: on this machine, and with `push` at their registries. */
export async function publish(
  context: Context,
  inputs: PublishInputs,
  world: PublishEnvironment,
  image: ProvedImage
): Promise<Publication> {
  const { docker, log, step } = context
  const tags = inputs.tags.map(({ text }) => text)
  const scan = { mode: inputs.secretScan, secrets: world.secrets }
  if (inputs.push) return { tags, ...(await push(context, inputs, world, scan, image)) }
  const { secrets } = await scanAndPack(context, scan, image, undefined)
  return await step('push', 'Tag', async () => {
    await tagImage(docker, image.id, inputs.tags)
    log.info('`push` is false: the image is tagged on this machine, and nothing is pushed.')
    return { digest: undefined, tags, layers: await layersOf(docker, image.id), secrets }
  })
}

async function push(
  context: Context,
  inputs: PublishInputs,
  world: PublishEnvironment,
  scan: SecretScan,
  image: ProvedImage
): Promise<Omit<Publication, 'tags'>> {
  const { docker, log, step, work } = context
  const late = AbortSignal.timeout(inputs.pushTimeout)
  const signal = AbortSignal.any([late, world.cancelled])
  try {
    const opened = await step('registries', 'Query the registries', () =>
      openPush(
        {
          docker,
          repositories: world.repositories,
          info: (line) => log.info(line),
          warn: (line) => log.warning(line)
        },
        { image: image.id, tags: inputs.tags, folder: work },
        signal
      )
    )
    const packing = { known: opened.known, signal }
    const { secrets, packed } = await scanAndPack(context, scan, image, packing)
    if (!packed) throw new Error('the image was not packed')
    const pushed = await step('push', 'Push', () => opened.send(packed))
    // Last, so that a push that fails or is killed leaves the tags on this machine unchanged.
    await tagImage(world.dockerAfterCancel, image.id, inputs.tags)
    return { ...pushed, secrets }
  } catch (error) {
    if (late.aborted && !world.cancelled.aborted) throw timedOut(inputs.pushTimeout, error)
    throw await explained(error, world.environment)
  }
}

function timedOut(limit: Milliseconds, cause: unknown): Failure {
  return new Failure('registry', `The push was not complete within ${seconds(limit)}.`, {
    fix: 'If the registry is slow, increase `push-timeout`. No tag was moved, or moved tags have been put back.',
    cause
  })
}

async function explained(error: unknown, environment: NodeJS.ProcessEnv): Promise<unknown> {
  return error instanceof Failure && error.category === 'registry' && (await fromFork(environment))
    ? error.also(
        'This is a pull request from a fork, whose token may not push: set `push` to false for those.'
      )
    : error
}
