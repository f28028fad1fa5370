import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { requireScript } from './checkpoint/warm-up-script.js'
import { namesOf, removeContainers, removeFolder, removeImages, settle } from './run/release.js'
import { fullDisk } from './lib/disk.js'
import { UnsupportedRunner } from './lib/errors.js'
import { requireContext } from './application/find.js'
import type { Inputs } from './inputs/inputs.js'
import type { Checkpointed, Cold, Finished, Result, Unchanged } from './report/result.js'
import type { JdkArchive } from './jdk/install.js'
import { noting } from './lib/log.js'
import { Steps } from './run/steps.js'
import { imageArchitecture } from './runner/base-image.js'
import type { Runner } from './runner/inspect.js'
import { findReach } from './runner/reach.js'
import { toldOfRoom } from './runner/disk-space.js'
import { lookForApplication, prepareBase, type Found } from './stages/application.js'
import { buildCheckpoint, layOut } from './stages/build.js'
import { chooseCheckpointEngine, takeTheSnapshot } from './stages/checkpoint.js'
import { lookIntoSnapshot } from './stages/content.js'
import { decide } from './stages/decide.js'
import { inspectTheRunner } from './stages/inspect.js'
import { resolveJdk } from './stages/jdk.js'
import { measure } from './stages/measure.js'
import { publish } from './stages/publish.js'
import { buildCold, buildRestoring, flagsOf } from './stages/restore.js'
import { lookForRoom } from './stages/room.js'
import type { Run, World } from './stages/run.js'

/** The whole job, from the inputs to the pushed digest. */
export async function run(id: string, inputs: Inputs, given: World): Promise<Result> {
  const warnings: string[] = []
  const world: World = { ...given, log: noting(given.log, warnings) }
  const { dockerAfterCancel, log } = world
  const job: Run = {
    id,
    inputs,
    world,
    steps: new Steps(world.clock, log),
    warnings,
    work: path.join(world.runFolder, 'work'),
    logs: path.join(world.runFolder, 'logs')
  }
  try {
    await mkdir(job.work, { recursive: true })
    await mkdir(job.logs, { recursive: true })
    return await outcomeOf(job)
  } catch (error) {
    throw (await fullDisk(error, path.dirname(world.runFolder))) ?? error
  } finally {
    // The runtime image keeps its temporary name until the post step: without tags it has no other.
    const names = namesOf(id)
    // Otherwise nothing is under way but what follows the containers, and ends with them.
    if (world.cancelled.aborted) await settle(world.clock, id, true)
    const inEngine = world.docker.hasAnswered()
      ? [
          ...(await removeContainers(dockerAfterCancel, names)),
          ...(await removeImages(dockerAfterCancel, names, ['checkpoint', 'snapshot', 'user']))
        ]
      : []
    const left = [...inEngine, ...(await removeFolder(job.work))]
    for (const problem of left) log.warning(`Something of this run may be left behind: ${problem}`)
  }
}

async function outcomeOf(job: Run): Promise<Result> {
  const { inputs, world } = job
  try {
    await requireContext(path.resolve(world.workspace, inputs.context))
    if (inputs.warmupScript !== undefined)
      await requireScript(path.resolve(world.workspace, inputs.warmupScript))
    return await checkpointed(job)
  } catch (error) {
    if (!(error instanceof UnsupportedRunner) || inputs.onUnsupportedRunner === 'fail') throw error
    world.log.warning(`This runner takes no snapshots: ${error.message} ${error.fix}`)
    const reason = error.message
    if (inputs.onUnsupportedRunner === 'skip') return { outcome: 'skipped', reason, ...finished(job) }
    return await cold(job, reason)
  }
}

async function checkpointed(job: Run): Promise<Checkpointed | Unchanged> {
  const { inputs } = job
  const application = await lookForApplication(job)
  const runner = await inspectTheRunner(job)
  const found = await prepareBase(job, application)
  const jdk = await resolveJdk(job, runner.architecture)
  const { fingerprint, unchanged } = await decide(job, found, jdk)
  if (unchanged !== undefined) {
    const tags = inputs.tags.map((tag) => tag.text)
    return { outcome: 'unchanged', digest: unchanged, tags, ...finished(job) }
  }
  const room = await lookForRoom(job, runner, found, jdk)
  const made = await make(job, runner, { found, archive: jdk, fingerprint }).catch((error: unknown) => {
    throw toldOfRoom(error, room)
  })
  const published = await publish(job, made.imageId, made)
  return {
    outcome: 'checkpointed',
    runner,
    ...made,
    ...published,
    restoreFlags: flagsOf(made.privileges),
    ...common(job, found, jdk)
  }
}

/** From the context to the image that was shown to restore. */
async function make(job: Run, runner: Runner, parts: Parameters<typeof layOut>[1]) {
  const context = await layOut(job, parts)
  await buildCheckpoint(job, context)
  const takenBy = await chooseCheckpointEngine(job, runner)
  const snapshot = await takeTheSnapshot(job, parts.found, runner, takenBy)
  const reading = await lookIntoSnapshot(job, snapshot)
  const restoring = await buildRestoring(job, context, { runner, takenBy, snapshot })
  const measured = await measure(job, restoring, snapshot.size)
  return { takenBy, snapshot, reading, ...measured, privileges: restoring.privileges }
}

/** An image of the same application without a snapshot, for runners that take none. */
async function cold(job: Run, reason: string): Promise<Cold> {
  const { inputs, world } = job
  const architecture = await imageArchitecture(world.docker, inputs.baseImage, (line) =>
    world.log.foreign(line)
  )
  const reach = await findReach(world.docker, world.hostname)
  // How far the run came is not known: what it has unpacked and laid out would be in the way.
  await removeFolder(path.join(job.work, 'application'))
  await removeFolder(path.join(job.work, `context-${job.id}`))
  const found = await prepareBase(job, await lookForApplication(job))
  const jdk = await resolveJdk(job, architecture)
  const { fingerprint } = await decide(job, found, jdk)
  const context = await layOut(job, { found, archive: jdk, fingerprint: `cold-${fingerprint}` })
  const image = await buildCold(job, context, { reach, reason })
  const published = await publish(job, image.imageId, undefined)
  return {
    outcome: 'cold',
    reason,
    ...image,
    ...published,
    ...common(job, found, jdk)
  }
}

/** What every result with an image has. */
function common(job: Run, { application: { description } }: Found, jdk: JdkArchive) {
  const { baseImage, tags, port, user } = job.inputs
  const names = tags.map((tag) => tag.text)
  return { jdk, application: description, baseImage, tags: names, port, user, ...finished(job) }
}

/** What every result has. */
function finished({ warnings, logs, steps }: Run): Finished {
  return { warnings, logs, phases: steps.done }
}
