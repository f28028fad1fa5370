import { engineName, type CheckpointEngine } from '../checkpoint/choose-engine.js'
import { retryWithMore, type Snapshot } from '../checkpoint/take.js'
import type { Archive } from '../archive/archive.js'
import type { Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { climb, declaredFlags, type Privileges } from '../docker/privileges.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { archiveLabels, snapshotLabels } from '../image/labels.js'
import { loadSnapshotImage } from '../assembly/load-image.js'
import type { LowerLayersWork } from '../assembly/lower-layers.js'
import { isDiskFull } from '../lib/disk.js'
import { Failure, messageOf } from '../lib/errors.js'
import type { ReadImage } from '../registry/scan-and-pack.js'
import type { SnapshotReading } from '../snapshot/read.js'
import { addArchive } from './archived.js'
import type { Start } from './figures.js'
import { proveRestore } from './prove.js'
import { startRequest, type RuntimeImage, type RuntimeInputs, type StartSetting } from './start-request.js'
import type { StartRequest } from './timed-start.js'

/** An image that was restored once. */
export interface RestoredImage extends RuntimeImage {
  first: Start
  /** How the image is started and queried, for the first time and later. */
  request: StartRequest
  /** Its layers, if they were read while it was made. */
  read: ReadImage | undefined
}

export interface RuntimeParts {
  source: ImageSource
  engine: CheckpointEngine
  snapshot: Snapshot
  reading: SnapshotReading | undefined
  kernel: string
  /** Layers below the snapshot; undefined where Docker cannot load a layer alone. */
  lower: LowerLayersWork | undefined
}

/** Makes the image with the snapshot and restores it, with the lowest privilege level that works. Throws the Failure of the last level. */
export async function makeRestoringImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  parts: RuntimeParts
): Promise<RestoredImage> {
  const { docker, clock, log, step } = context
  const archive = await addArchive(context, inputs, setting, parts.source)
  const levels = parts.engine.name === 'criu' ? parts.engine.privileges : [undefined]
  const name = namesOf(context.id).image('runtime')
  return await climb(
    levels,
    async (privileges) => {
      const { id, read } = await step('build-runtime', 'Make the image with the snapshot', () =>
        makeRuntime(context, inputs, { ...parts, archive, privileges, loads: privileges === levels[0] })
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
      return { id, privileges, archive, request, first, read }
    },
    retryWithMore(log, () => docker.attempt(['image', 'rm', '--force', name]))
  )
}

interface MadeImage {
  id: string
  read: ReadImage | undefined
}

interface RuntimeSetting extends RuntimeParts {
  archive: Archive | undefined
  privileges: Privileges | undefined
  /** Whether the layers below the snapshot are for these privileges. */
  loads: boolean
}

/** Adds the snapshot to the layers below it; builds the image where Docker does not load a layer alone. */
async function makeRuntime(
  context: Context,
  inputs: RuntimeInputs,
  setting: RuntimeSetting
): Promise<MadeImage> {
  const { source, archive, snapshot, reading, lower, loads } = setting
  const labels = labelsOf(inputs, setting)
  if (lower && loads) {
    try {
      return await loadSnapshotImage(context, inputs.secretScan, await lower.layers, {
        context: source.folder,
        archive: archive !== undefined,
        snapshot: { files: snapshot.files, reading },
        user: inputs.user,
        labels
      })
    } catch (error) {
      if (isFinal(error)) throw error
      context.log.info(
        `Docker did not load the snapshot as a layer, so the image is built: ${messageOf(error)}`
      )
    }
  }
  return { id: await buildRuntime(context, inputs, setting, labels), read: undefined }
}

/** Returns whether an error would also end the build of the image. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Failure)) return isDiskFull(error)
  return error.category === 'cancelled' || error.signature?.remedy === 'disk'
}

async function buildRuntime(
  context: Context,
  inputs: RuntimeInputs,
  { source, engine, privileges }: RuntimeSetting,
  labels: Record<string, string>
): Promise<string> {
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
    labels: { ...source.labels, ...labels }
  })
}

function labelsOf(
  inputs: RuntimeInputs,
  { snapshot, reading, kernel, archive, privileges }: RuntimeSetting
): Record<string, string> {
  return {
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
}

/** Returns the `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}
