import { startLowerLayers, type LowerLayersWork } from '../assembly/lower-layers.js'
import { checkpointApplication } from '../checkpoint/checkpoint.js'
import { chooseEngine, type CheckpointEngine } from '../checkpoint/choose-engine.js'
import { mapHeap, reasonToLoad } from '../checkpoint/map-heap.js'
import { unlessRefused, type CheckpointRefused } from '../diagnosis/checkpoint-exception.js'
import { imagesFolder } from '../docker/context.js'
import { noteMissingFonts } from '../image/fonts.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { FIGURES_ANNOTATION } from '../image/labels.js'
import type { ImageParts } from '../image/parts.js'
import { readinessOf } from '../inputs/readiness.js'
import { Failure, unlessUnsupported, UnsupportedRunner } from '../lib/errors.js'
import type { Bytes } from '../lib/values.js'
import { requireSize } from '../proof/budgets.js'
import { figuresAnnotation } from '../proof/figures-annotation.js'
import { measure, type Proof } from '../proof/measure.js'
import { makeRestoringImage, type RestoredImage } from '../proof/runtime-image.js'
import { publish } from '../registry/publish.js'
import { logContent } from '../report/content.js'
import type { Checkpointed } from '../report/result.js'
import type { Runner } from '../runner/inspect.js'
import { readSnapshot } from '../snapshot/read.js'
import { withImage, type Job } from './job.js'

/**
 * Builds the image with the snapshot, proves that it restores, and publishes it. Returns the Failure where no engine works, or the
 * application refuses the checkpoint.
 */
export async function withSnapshot(
  job: Job,
  runner: Runner,
  parts: ImageParts,
  source: ImageSource
): Promise<Checkpointed | UnsupportedRunner | CheckpointRefused> {
  const { context, inputs, world } = job
  const { step } = context
  const from = parts.base.repositoryDigests
  await step('build-checkpoint', 'Build the checkpoint image', async () => {
    const image = await buildStage(context, source, 'checkpoint', { buildArgs: {}, labels: {} })
    await noteMissingFonts(context, parts.libraries, image)
  })
  const engine = await step('engine', 'Choose the checkpoint engine', () =>
    unlessUnsupported(chooseEngine(context, inputs, runner.privileges, runner))
  )
  if (engine instanceof UnsupportedRunner) return engine
  const lower = runner.imageStore
    ? startLowerLayers(context, inputs, { ...world, source, engine, from })
    : undefined
  try {
    if (lower && inputs.push) await step('registries', 'Query the registries', () => lower.opened)
    const proved = await proveSnapshot(job, runner, parts, { source, engine, lower })
    if (proved instanceof Failure) return proved
    const { read, ...image } = proved
    const { snapshot, reading, proof } = image
    const early = (await lower?.layers.catch(() => undefined))?.push
    const publication = await publish(context, inputs, world, {
      id: image.image.id,
      snapshot: { files: snapshot.files, reading },
      annotations: annotationsOf(proof, snapshot.size, image.image.archive?.size),
      from,
      read,
      early
    })
    return { outcome: 'checkpointed', runner, engine, ...image, ...withImage(job, parts, publication) }
  } finally {
    await lower?.end()
  }
}

type Proved = Pick<Checkpointed, 'snapshot' | 'reading' | 'image' | 'proof'> & Pick<RestoredImage, 'read'>

/** Takes the snapshot and makes the image with it, which is restored and measured. */
async function proveSnapshot(
  { context, inputs, world }: Job,
  runner: Runner,
  parts: ImageParts,
  from: { source: ImageSource; engine: CheckpointEngine; lower: LowerLayersWork | undefined }
): Promise<Proved | CheckpointRefused> {
  const { step, log } = context
  const { engine } = from
  const setting = { ...world, ...parts, reach: runner.reach, readiness: await readinessOf(inputs, parts) }
  const taken = await step('checkpoint', 'Take the snapshot', () =>
    unlessRefused(checkpointApplication(context, inputs, { ...setting, engine }))
  )
  if (taken instanceof Failure) return taken
  requireSize(inputs, taken.size)
  const reading = await step('content', 'Read the snapshot', async () => {
    const read = await readSnapshot(context.logs, imagesFolder(context), reasonToLoad(inputs, engine))
    logContent(log, read, taken.statistics)
    return read
  })
  const snapshot = await step('map', 'Map the Java heap and the classes', () =>
    mapHeap(context, taken, reading?.heap)
  )
  const restored = await makeRestoringImage(context, inputs, setting, {
    ...from,
    snapshot,
    reading,
    kernel: runner.kernel
  })
  const { id, privileges, archive, read } = restored
  const proof = await measure(context, inputs, world.repositories, restored)
  return { snapshot, reading, image: { id, privileges, archive }, proof, read }
}

function annotationsOf(
  { figures }: Proof,
  snapshotSize: Bytes,
  archiveSize: Bytes | undefined
): Record<string, string> {
  return figures ? { [FIGURES_ANNOTATION]: figuresAnnotation(figures, snapshotSize, archiveSize) } : {}
}
