import { engineName, type CheckpointEngine } from '../checkpoint/choose-engine.js'
import { retryWithMore, type Snapshot } from '../checkpoint/take.js'
import type { Archive } from '../archive/archive.js'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { climb, declaredFlags, type Privileges } from '../docker/privileges.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { archiveLabels, coldLabels, FINGERPRINT_LABEL, snapshotLabels } from '../image/labels.js'
import { addArchive } from './archived.js'
import type { SnapshotReading } from '../snapshot/read.js'
import type { Start } from './figures.js'
import { proveRestore, startNormally, startWithArchive } from './prove.js'
import { startRequest, type RuntimeImage, type RuntimeInputs, type StartSetting } from './start-request.js'
import type { StartRequest } from './timed-start.js'

/** An image that was restored once. */
export interface RestoredImage extends RuntimeImage {
  first: Start
  /** How the image is started and queried, for the first time and later. */
  request: StartRequest
}

/** What goes into an image with a snapshot. */
export interface SnapshotParts {
  source: ImageSource
  engine: CheckpointEngine
  snapshot: Snapshot
  /** What is in the snapshot; undefined where it could not be read. */
  reading: SnapshotReading | undefined
  /** Version of the kernel of the checkpoint. */
  kernel: string
}

/** Builds the image with the snapshot and restores it, with the lowest privilege level that works. Throws the Failure of the last level. */
export async function buildRestoringImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  parts: SnapshotParts
): Promise<RestoredImage> {
  const { docker, clock, log, step } = context
  const archive = await addArchive(context, inputs, setting, parts.source)
  const levels = parts.engine.name === 'criu' ? parts.engine.privileges : [undefined]
  const name = namesOf(context.id).image('runtime')
  return await climb(
    levels,
    async (privileges) => {
      const id = await step('build-runtime', 'Build the runtime image', () =>
        buildRuntime(context, inputs, { ...parts, archive, privileges })
      )
      const request = await startRequest(context, inputs, setting, {
        id,
        privileges,
        serves: parts.snapshot.serves
      })
      const first = await step('prove', 'Prove the restore', async () => {
        const start = await proveRestore({ docker, clock }, request)
        log.info(`Restored, and responded after ${start.answer} ms.`)
        return start
      })
      return { id, privileges, archive, request, first }
    },
    retryWithMore(log, () => docker.attempt(['image', 'rm', '--force', name]))
  )
}

async function buildRuntime(
  context: Context,
  inputs: RuntimeInputs,
  parts: SnapshotParts & { archive: Archive | undefined; privileges: Privileges | undefined }
): Promise<string> {
  const { source, engine, snapshot, reading, kernel, archive, privileges } = parts
  const names = namesOf(context.id)
  // The build copies the snapshot from this image; nothing else of the container gets into the finished image.
  await context.docker.run(['commit', names.checkpointContainer, names.image('snapshot')])
  return await buildStage(context, source, 'runtime', {
    buildArgs: {
      SNAPSHOT_IMAGE: names.image('snapshot'),
      ON_RESTORE_FAILURE: inputs.onRestoreFailure,
      PORT: String(inputs.port),
      TAKEN_BY: engineName(engine, privileges)
    },
    labels: {
      ...source.labels,
      ...archiveLabels(archive),
      ...snapshotLabels({
        restoreFlags: flagsOf(privileges),
        privileges: privileges?.level ?? 'none',
        criuVersion: snapshot.criuVersion ?? 'none',
        cpuFeatures: inputs.cpuFeatures,
        maxHeap: reading?.content.maxHeap,
        kernel
      })
    }
  })
}

/** An image without a snapshot, and its starts without and with its archive; of these there are none without an archive. */
export interface ColdImage {
  image: RuntimeImage
  coldStarts: Start[]
  archiveStarts: Start[]
}

/** Builds the image without a snapshot, and times its normal starts. */
export async function buildColdImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  { source, reason }: { source: ImageSource; reason: string }
): Promise<ColdImage> {
  const { log, step } = context
  if (inputs.archive !== 'off')
    await step('build-checkpoint', 'Build the image that trains the archive', () =>
      buildStage(context, source, 'checkpoint', { buildArgs: {}, labels: {} })
    )
  const archive = await addArchive(context, inputs, setting, source)
  const id = await step('build-cold', 'Build the image without a snapshot', () =>
    buildStage(context, source, 'cold', {
      buildArgs: { PORT: String(inputs.port) },
      labels: {
        ...source.labels,
        ...archiveLabels(archive),
        ...coldLabels(reason, source.labels[FINGERPRINT_LABEL] ?? '')
      }
    })
  )
  const image = { id, privileges: undefined, archive }
  const request = await startRequest(context, inputs, setting, image)
  if (inputs.maxRestoreTime !== undefined || inputs.minSpeedup !== undefined)
    log.info('`max-restore-time` and `min-speedup` do not apply to an image without a snapshot.')
  const bare = { ...request, load: undefined }
  return await step('prove', 'Start the image', async () => {
    const coldStarts: Start[] = []
    const archiveStarts: Start[] = []
    const runs = Math.max(1, inputs.verifyRuns)
    while (coldStarts.length < runs) {
      const start = await startNormally(context, bare)
      coldStarts.push(start)
      const trained = archive && (await startWithArchive(context, bare))
      if (trained) archiveStarts.push(trained)
      const after = trained ? `, with the archive in ${trained.answer} ms` : ''
      log.info(`Run ${coldStarts.length} of ${runs}: cold start in ${start.answer} ms${after}.`)
    }
    return { image, coldStarts, archiveStarts }
  })
}

/** Returns the `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}
