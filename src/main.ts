import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { namesOf, removeContainers, removeFolder, removeImages } from './cleanup.js'
import { UnsupportedRunner } from './errors.js'
import type { Inputs } from './inputs.js'
import type { Checkpointed, Cold, Result } from './outputs.js'
import { Phases } from './phases.js'
import { imageArchitecture } from './runner/base-image.js'
import { findReach } from './runner/reach.js'
import * as stages from './stages.js'
import type { Run, World } from './stages.js'

/** The whole job, from the inputs to the pushed digest. */
export async function run(id: string, inputs: Inputs, world: World): Promise<Result> {
  const { engine, log } = world
  const job: Run = {
    id,
    inputs,
    world,
    phases: new Phases(world.clock, log),
    work: path.join(world.runFolder, 'work'),
    logs: path.join(world.runFolder, 'logs')
  }
  await mkdir(job.work, { recursive: true })
  await mkdir(job.logs, { recursive: true })
  try {
    return await checkpointed(job)
  } catch (error) {
    if (!(error instanceof UnsupportedRunner) || inputs.onUnsupportedRunner === 'fail') throw error
    log.warning(`This runner takes no snapshots: ${error.message} ${error.cure}`)
    const common = { reason: error.message, logs: job.logs, phases: job.phases.done }
    if (inputs.onUnsupportedRunner === 'skip') return { outcome: 'skipped', ...common }
    return { ...(await cold(job, error.message)), ...common }
  } finally {
    // The runtime image keeps its temporary name until the post step: without tags it has no other.
    const names = namesOf(id)
    const left = [
      ...(await removeContainers(engine, names)),
      ...(await removeImages(engine, names, ['checkpoint', 'snapshot'])),
      ...(await removeFolder(job.work))
    ]
    for (const problem of left) log.warning(`Something of this run may be left behind: ${problem}`)
  }
}

async function checkpointed(job: Run): Promise<Checkpointed> {
  const { inputs } = job
  const runner = await stages.inspect(job)
  const application = await stages.application(job)
  const jdk = await stages.jdk(job, runner.architecture)
  const context = await stages.context(job, application, jdk)
  await stages.buildCheckpoint(job, context)
  const takenBy = await stages.chooseCheckpointEngine(job, runner)
  const snapshot = await stages.takeTheSnapshot(job, runner, takenBy)
  const restoring = await stages.buildRestoring(job, context, { runner, archive: jdk, takenBy, snapshot })
  const digest = await stages.publish(job, restoring.imageId)
  return {
    outcome: 'checkpointed',
    runner,
    jdk,
    application: application.description,
    baseImage: inputs.baseImage,
    takenBy,
    snapshot,
    ...restoring,
    tags: inputs.tags.map((tag) => tag.text),
    digest,
    restoreFlags: stages.flagsOf(restoring.privileges),
    logs: job.logs,
    phases: job.phases.done
  }
}

/** An image of the same application without a snapshot, for runners that take none. */
async function cold(job: Run, reason: string): Promise<Omit<Cold, 'reason' | 'logs' | 'phases'>> {
  const { inputs, world } = job
  const architecture = await imageArchitecture(world.engine, inputs.baseImage, (line) =>
    world.log.foreign(line)
  )
  const reach = await findReach(world.engine, world.hostname)
  // How far the run came is not known: what it has unpacked and laid out would be in the way.
  await removeFolder(path.join(job.work, 'application'))
  await removeFolder(path.join(job.work, 'context'))
  const application = await stages.application(job)
  const jdk = await stages.jdk(job, architecture)
  const context = await stages.context(job, application, jdk)
  const image = await stages.buildCold(job, context, { archive: jdk, reach, reason })
  const digest = await stages.publish(job, image.imageId)
  return {
    outcome: 'cold',
    jdk,
    application: application.description,
    baseImage: inputs.baseImage,
    ...image,
    tags: inputs.tags.map((tag) => tag.text),
    digest
  }
}
