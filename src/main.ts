import path from 'node:path'
import { requireContext } from './application/find.js'
import { findInWorkspace } from './application/in-workspace.js'
import type { Application } from './application/layouts/layout.js'
import { checkpointApplication } from './checkpoint/checkpoint.js'
import { chooseEngine } from './checkpoint/choose-engine.js'
import { mapHeap, reasonToLoad } from './checkpoint/map-heap.js'
import { requireScript } from './checkpoint/warm-up-script.js'
import { unlessRefused, type CheckpointRefused } from './diagnosis/checkpoint-exception.js'
import { removeContainer } from './docker/containers.js'
import { imagesFolder, type Context } from './docker/context.js'
import { namesOf } from './docker/names.js'
import { buildStage, prepareImages, type ImageSource } from './image/images.js'
import { prepareParts, type ImageParts } from './image/parts.js'
import type { Inputs } from './inputs/inputs.js'
import { knownSecrets } from './inputs/known-secrets.js'
import { imageValues } from './inputs/read-inputs.js'
import { readinessOf } from './inputs/readiness.js'
import { choiceWithoutSnapshot } from './inputs/without-snapshot.js'
import type { Architecture } from './jdk/asset.js'
import { fullDisk } from './lib/disk.js'
import { Failure, UnsupportedRunner, unlessUnsupported } from './lib/errors.js'
import { noting } from './lib/log.js'
import { requireSize } from './proof/budgets.js'
import { measure } from './proof/measure.js'
import { buildColdImage, buildRestoringImage } from './proof/runtime-image.js'
import { findUnchanged } from './registry/published.js'
import { publish, type Publication } from './registry/publish.js'
import { logContent } from './report/content.js'
import type { Checkpointed, Finished, Result, WithImage } from './report/result.js'
import { foldersIn, makeFolders } from './run/folders.js'
import { release, settle } from './run/release.js'
import { Steps } from './run/steps.js'
import { sweep } from './run/sweep.js'
import type { World } from './run/world.js'
import { imageArchitecture } from './runner/base-image.js'
import { checkDiskSpace, withDiskSpace } from './runner/disk-space.js'
import { inspectRunner, type Runner } from './runner/inspect.js'
import { findReach, isLocal } from './runner/reach.js'
import { hidingOf } from './secrets/hiding.js'
import type { Secret } from './secrets/scanner/needles.js'
import { readSnapshot } from './snapshot/read.js'

interface Job {
  context: Context
  inputs: Inputs
  world: World & { secrets: readonly Secret[] }
  /** Returns what is known at the end, whatever the result is. */
  finished: () => Finished
}

/** Runs the whole job, from the inputs to the pushed digest. */
export async function run(id: string, inputs: Inputs, given: World): Promise<Result> {
  const warnings: string[] = []
  const log = noting(given.log, warnings)
  const secrets = await knownSecrets(inputs, { ...given, log })
  const world = { ...given, log, secrets }
  const { docker, clock, runFolder } = world
  const steps = new Steps(clock, log)
  const [folders, hiding, step] = [foldersIn(runFolder), hidingOf(secrets), steps.run.bind(steps)]
  const context: Context = { id, docker, clock, log, ...folders, hiding, step }
  try {
    await makeFolders(runFolder)
    const finished = (): Finished => ({ warnings, logs: folders.logs, steps: steps.done })
    return await buildImage({ context, inputs, world, finished })
  } catch (error) {
    throw (await fullDisk(error, path.dirname(runFolder))) ?? error
  } finally {
    // Without a cancellation only `docker wait` and `docker logs` still run; they end when their containers are removed.
    if (world.cancelled.aborted) await settle(clock, id, true)
    const used = docker.hasAnswered() ? world.dockerAfterCancel : undefined
    // The runtime image keeps its temporary name until the post step: without tags it has no other name.
    const problems = await release(used, { id, folder: runFolder, keep: ['runtime', 'logs'] })
    for (const problem of problems) log.warning(`Something of this run may be left behind: ${problem}`)
  }
}

/** Chooses between the two ways to an image: with a snapshot, or without one where the runner does not support snapshots. */
async function buildImage(job: Job): Promise<Result> {
  const { context, inputs, world, finished } = job
  const { workspace } = world
  await requireContext(path.resolve(workspace, inputs.context))
  if (inputs.warmupScript !== undefined) await requireScript(path.resolve(workspace, inputs.warmupScript))
  const application = await context.step('application', 'Find the application', () =>
    findInWorkspace(context.log, inputs, { workspace, scratch: path.join(context.work, 'application') })
  )
  const runner = await context.step('inspect', 'Inspect the runner', () => unlessUnsupported(inspect(job)))
  if (runner instanceof UnsupportedRunner) return await withoutSnapshot(job, runner, { application })

  const parts = await partsOf(job, application, runner.architecture)
  const unchanged = await context.step('decide', 'Check whether anything changed', () =>
    findUnchanged(context.log, inputs, world, parts.fingerprint)
  )
  if (unchanged !== undefined) {
    const tags = inputs.tags.map(({ text }) => text)
    return { outcome: 'unchanged', digest: unchanged, tags, ...finished() }
  }
  const { dependencies, classes } = parts.application
  const files = [...dependencies.keys(), ...classes.keys()]
  const diskSpace = await checkDiskSpace(context.log, runner.diskFree, parts.jdk.file, files)
  const source = await prepareImages(context, inputs, world, parts)
  const proved = await withSnapshot(job, runner, parts, source).catch((error: unknown) => {
    throw withDiskSpace(error, diskSpace)
  })
  if (proved instanceof Failure) return await withoutSnapshot(job, proved, { application, parts, source })
  const { image, snapshot, reading } = proved
  const toScan = { id: image.id, snapshot: { files: snapshot.files, reading } }
  const publication = await publish(context, inputs, world, toScan)
  return { outcome: 'checkpointed', runner, ...proved, ...withImage(job, parts, publication) }
}

async function inspect({ context, inputs, world }: Job): Promise<Runner> {
  const { docker, id, log } = context
  const runner = await inspectRunner({ ...world, log }, { ...inputs, run: id })
  const [folder, localEngine] = [path.dirname(world.runFolder), isLocal(runner.reach)]
  await sweep({ docker, localEngine, folder, info: (line) => log.info(line) })
  return runner
}

async function partsOf(
  { context, inputs, world }: Job,
  application: Application | undefined,
  architecture: Architecture
): Promise<ImageParts> {
  return await prepareParts(context, inputs, world, {
    application,
    architecture,
    values: imageValues(inputs)
  })
}

type Proved = Pick<Checkpointed, 'engine' | 'snapshot' | 'reading' | 'image' | 'proof'>

/** Builds the image with the snapshot and proves that it restores; the Failure where no engine works, or the application refuses. */
async function withSnapshot(
  job: Job,
  runner: Runner,
  parts: ImageParts,
  source: ImageSource
): Promise<Proved | UnsupportedRunner | CheckpointRefused> {
  const { context, inputs, world } = job
  const { step } = context
  const setting = { ...world, ...parts, reach: runner.reach, readiness: await readinessOf(inputs, parts) }
  await step('build-checkpoint', 'Build the checkpoint image', () =>
    buildStage(context, source, 'checkpoint', { buildArgs: {}, labels: {} })
  )
  const engine = await step('engine', 'Choose the checkpoint engine', () =>
    unlessUnsupported(chooseEngine(context, inputs, runner.privileges))
  )
  if (engine instanceof UnsupportedRunner) return engine
  const taken = await step('checkpoint', 'Take the snapshot', () =>
    unlessRefused(checkpointApplication(context, inputs, { ...setting, engine }))
  )
  if (taken instanceof Failure) return taken
  requireSize(inputs, taken.size)
  const reading = await step('content', 'Read the snapshot', async () => {
    const read = await readSnapshot(context.logs, imagesFolder(context), reasonToLoad(inputs, engine))
    logContent(context.log, read, taken.statistics)
    return read
  })
  const snapshot = await step('map', 'Map the Java heap', () => mapHeap(context, taken, reading?.heap))
  const from = { source, engine, snapshot, reading, kernel: runner.kernel }
  const restored = await buildRestoringImage(context, inputs, setting, from)
  const { image, proof } = await measure(context, inputs, world.repositories, restored, snapshot.size)
  return { engine, snapshot, reading, image, proof }
}

/** Ends the job without a snapshot, as `on-unsupported-runner` or `on-checkpoint-failure` says. */
async function withoutSnapshot(
  job: Job,
  why: UnsupportedRunner | CheckpointRefused,
  known: { application: Application | undefined; parts?: ImageParts; source?: ImageSource }
): Promise<Result> {
  const { context, inputs, world, finished } = job
  const { docker, log } = context
  const { choice, refused, reason } = choiceWithoutSnapshot(inputs, why, log)
  if (refused) await removeContainer(docker, namesOf(context.id).checkpointContainer)
  if (choice === 'skip') return { outcome: 'skipped', reason, ...finished() }

  const reach = await findReach(docker, world.hostname)
  const parts = known.parts ?? (await partsOf(job, known.application, await architectureOf(job)))
  const source = known.source ?? (await prepareImages(context, inputs, world, parts))
  const setting = { ...world, reach, readiness: await readinessOf(inputs, parts) }
  const cold = await buildColdImage(context, inputs, setting, { source, reason })
  const publication = await publish(context, inputs, world, { id: cold.image.id, snapshot: undefined })
  return { outcome: 'cold', reason, refused, ...cold, ...withImage(job, parts, publication) }
}

async function architectureOf({ context: { docker, log }, inputs }: Job): Promise<Architecture> {
  return await imageArchitecture(docker, inputs.baseImage, (line) => log.untrusted(line))
}

function withImage(
  { inputs: { baseImage, port, user }, finished }: Job,
  { application, jdk }: ImageParts,
  publication: Publication
): Omit<WithImage, 'image'> {
  return { application: application.description, baseImage, jdk, port, user, publication, ...finished() }
}
