import type { Context } from '../docker/context.js'
import type { Docker } from '../docker/docker.js'
import { layersOf, type ImageLayer } from '../image/layers.js'
import type { Milliseconds } from '../lib/values.js'
import type { SecretReport } from '../secrets/report.js'
import type { Secret } from '../secrets/scanner/needles.js'
import type { SnapshotInImage } from '../secrets/search.js'
import type { Repositories } from './published.js'
import type { EarlyPush } from './early-push.js'
import { assembleImage } from './packed-image.js'
import { explainPushFailure } from './push-failure.js'
import { openPush, tagImage, type Push } from './push.js'
import type { Reference } from './reference.js'
import { readWholeImage, reportSecrets, type ReadImage, type SecretScan } from './scan-and-pack.js'

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
  /** Annotations of the manifest. */
  annotations: Readonly<Record<string, string>>
  /** Names with digests (`repository@sha256:...`) of the input `image` or `base-image`. */
  from: readonly string[]
  /** The image, if its layers were read while it was made. */
  read?: ReadImage | undefined
  /** Layers that were sent before the proof. */
  early?: EarlyPush | undefined
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
  const { secrets } = await readOut(context, scan, image, undefined)
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
    const open = (): Promise<Push> =>
      openPush(
        {
          docker,
          repositories: world.repositories,
          info: (line) => log.info(line),
          warn: (line) => log.warning(line)
        },
        { image: image.id, tags: inputs.tags, from: image.from, folder: work },
        signal
      )
    // The tags may have moved since the registries were queried for the first time.
    const opened = await (image.early ? open() : step('registries', 'Query the registries', open))
    const packing = { known: new Set(opened.known.keys()), signal }
    const { secrets, read } = await readOut(context, scan, image, packing)
    if (!read.archive) throw new Error('the image was not packed')
    const packed = assembleImage(image.id, read.archive)
    const pushed = await step('push', 'Push', () => opened.send(packed, image))
    // Last, so that a push that fails or is killed leaves the tags on this machine unchanged.
    await tagImage(world.dockerAfterCancel, image.id, inputs.tags)
    return { ...pushed, secrets }
  } catch (error) {
    throw await explainPushFailure(error, { ...world, late, limit: inputs.pushTimeout })
  }
}

/** Returns the layers of the image, and the secrets in them: of a scan that was made already, or of one that reads the whole image. */
async function readOut(
  context: Context,
  scan: SecretScan,
  image: ProvedImage,
  packing: { known: ReadonlySet<string>; signal: AbortSignal } | undefined
): Promise<{ read: ReadImage; secrets: SecretReport }> {
  const work = [
    ...(scan.mode === 'off' ? [] : ['scan the image for secrets']),
    ...(packing ? ['pack it'] : [])
  ]
  const title = work.join(', and ').replace(/^pack it/, 'pack the image')
  if (title === '') return await evaluated()
  return await context.step('read-out', `${title.charAt(0).toUpperCase()}${title.slice(1)}`, evaluated)

  async function evaluated(): Promise<{ read: ReadImage; secrets: SecretReport }> {
    // Without an early push, such as where a registry refuses to take over a layer, only the search for secrets was made.
    const before = !packing || image.read?.archive ? image.read : undefined
    const read = before ?? (await readWholeImage(context, scan, image, packing))
    return { read, secrets: await reportSecrets(context, scan, image.id, read) }
  }
}
