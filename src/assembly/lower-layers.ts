import { engineName, type CheckpointEngine } from '../checkpoint/choose-engine.js'
import { keepIn, type Context } from '../docker/context.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { readByAll } from '../lib/tee.js'
import type { Milliseconds } from '../lib/values.js'
import { openEarlyPush, type EarlyPush } from '../registry/early-push.js'
import { givenLayers } from '../registry/given-layers.js'
import { readImageArchive, type ImageArchive } from '../registry/image-archive.js'
import type { LayerFile } from '../registry/layer-file.js'
import { explainPushFailure } from '../registry/push-failure.js'
import { describeImage, type ImageDescription } from '../registry/packed-image.js'
import { targetsOf, type PushTarget, type Repositories } from '../registry/published.js'
import type { Reference } from '../registry/reference.js'
import { scanImage, type ImageScan } from '../secrets/image.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { mayBeSent, prepareSearch, type PreparedSearch } from '../secrets/search.js'

/** The layers below the archive of classes and the snapshot, as they were read while the application started. */
export interface LowerLayers {
  description: ImageDescription
  archive: ImageArchive
  /** undefined where the image is not scanned. */
  scanned: { search: PreparedSearch; scan: ImageScan } | undefined
  /** undefined where nothing is pushed, or only once the image is complete. */
  push: EarlyPush | undefined
}

export interface LowerLayersInputs {
  secretScan: 'fail' | 'warn' | 'off'
  push: boolean
  tags: Reference[]
  pushTimeout: Milliseconds
  port: number
  onRestoreFailure: string
}

export interface LowerLayersSetting {
  source: ImageSource
  engine: CheckpointEngine
  repositories: Repositories
  secrets: readonly Secret[]
  cancelled: AbortSignal
  environment: NodeJS.ProcessEnv
  /** Names with digests (`repository@sha256:...`) of the input `image` or `base-image`. */
  from: readonly string[]
}

/** Work that goes on beside the checkpoint. */
export interface LowerLayersWork {
  /** Resolves when the registries have responded; rejects if they refuse. */
  opened: Promise<void>
  /** Rejects where the layers cannot be read: then the image is made another way. */
  layers: Promise<LowerLayers>
  /** Ends the work, waits until it has ended, and removes what was sent for an image that does not exist. */
  end: () => Promise<void>
}

/**
 * Builds the image without the snapshot, scans and packs its layers, and sends those that the registries lack, while the application
 * starts. Nothing is sent that was not scanned.
 */
export function startLowerLayers(
  context: Context,
  inputs: LowerLayersInputs,
  setting: LowerLayersSetting
): LowerLayersWork {
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, setting.cancelled])
  const image = build(context, inputs, setting)
  const targets = query(inputs, setting, signal)
  const given = inputs.push ? givenLayers(setting.repositories, setting.from, inputs.tags, signal) : []
  const push = Promise.all([image, targets, given]).then(
    async ([id, found, layers]) => found && (await openEarlyPush(context.docker, id, found, layers))
  )
  const layers = Promise.all([image, push]).then(([id, early]) =>
    read(context, inputs, setting, { id, push: early }, signal)
  )
  const opened = targets.then(() => undefined)
  for (const work of [opened, push, layers]) work.catch(() => undefined)
  return {
    opened,
    layers,
    end: async () => {
      ending.abort(new Error('the run does not need the layers any more'))
      await Promise.allSettled([layers])
      await (await push.catch(() => undefined))?.removeRest()
    }
  }
}

/** Returns the repositories of the tags, which have responded; undefined where nothing is pushed. */
async function query(
  { push, tags, pushTimeout: limit }: LowerLayersInputs,
  { repositories, cancelled, environment }: LowerLayersSetting,
  signal: AbortSignal
): Promise<PushTarget[] | undefined> {
  if (!push) return undefined
  const late = AbortSignal.timeout(limit)
  try {
    return await targetsOf(repositories, tags, AbortSignal.any([signal, late]))
  } catch (error) {
    throw await explainPushFailure(error, { late, limit, cancelled, environment })
  }
}

async function build(
  context: Context,
  { port, onRestoreFailure }: LowerLayersInputs,
  { source, engine }: LowerLayersSetting
): Promise<string> {
  const privileges = engine.name === 'criu' ? engine.privileges[0] : undefined
  const buildArgs = {
    PORT: String(port),
    ON_RESTORE_FAILURE: onRestoreFailure,
    TAKEN_BY: engineName(engine, privileges)
  }
  // The lines of the application are in the log of the step at the same time.
  const output = { keep: keepIn(context, 'build-restorable.log') }
  return await buildStage(context, source, 'restorable', { buildArgs, labels: source.labels }, output)
}

async function read(
  context: Context,
  { secretScan }: LowerLayersInputs,
  { secrets }: LowerLayersSetting,
  { id, push }: { id: string; push: EarlyPush | undefined },
  signal: AbortSignal
): Promise<LowerLayers> {
  const { docker, work, startProgram } = context
  const search = secretScan === 'off' ? undefined : await prepareSearch(secrets)
  const [scan, archive] = await docker.stream(
    ['save', '--', id],
    (saved) =>
      readByAll(
        saved,
        search && ((copy) => scanImage(copy, search.matcher, undefined, startProgram)),
        (copy) => readImageArchive(copy, push && { known: new Set(push.known.keys()), folder: work })
      ),
    signal
  )
  const description = describeImage(id, archive)
  const found = { description, archive, scanned: search && scan && { search, scan } }
  const image = { image: id, snapshot: undefined }
  if (!push || !(await mayBeSent(context, secretScan, image, scan))) return { ...found, push }
  if (!(await push.takeOver())) return { ...found, push: undefined }
  push.send(packedLayers(archive), 'shared')
  return { ...found, push }
}

/** Returns the layers of an archive that were packed. */
export function packedLayers({ entries }: ImageArchive): LayerFile[] {
  return [...entries.values()].flatMap(({ packed }) => packed ?? [])
}
