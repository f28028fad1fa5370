import path from 'node:path'
import { requireContext } from './application/find.js'
import { requireScript } from './checkpoint/warm-up-script.js'
import type { Context } from './docker/context.js'
import { prepareImages } from './image/images.js'
import type { ImageParts } from './image/parts.js'
import type { Inputs } from './inputs/inputs.js'
import { knownSecrets } from './inputs/known-secrets.js'
import { beginJob, type Begun } from './job/first-minute.js'
import type { Job } from './job/job.js'
import { withSnapshot } from './job/with-snapshot.js'
import { withoutSnapshot } from './job/without-snapshot.js'
import { fullDisk } from './lib/disk.js'
import { Failure } from './lib/errors.js'
import { noting } from './lib/log.js'
import { findUnchanged } from './registry/published.js'
import type { Finished, Result } from './report/result.js'
import { foldersIn, makeFolders } from './run/folders.js'
import { release, settle } from './run/release.js'
import { Steps } from './run/steps.js'
import type { World } from './run/world.js'
import { checkDiskSpace, withDiskSpace } from './runner/disk-space.js'
import { hidingOf } from './secrets/hiding.js'

/** Runs the whole job, from the inputs to the pushed digest. */
export async function run(id: string, inputs: Inputs, given: World): Promise<Result> {
  const warnings: string[] = []
  const log = noting(given.log, warnings)
  const secrets = await knownSecrets(inputs, { ...given, log })
  const world = { ...given, log, secrets }
  const { docker, clock, runFolder, startProgram } = world
  const steps = new Steps(clock, log)
  const [folders, hiding, step] = [foldersIn(runFolder), hidingOf(secrets), steps.run.bind(steps)]
  const context: Context = { id, docker, clock, log, ...folders, hiding, step, startProgram }
  try {
    await makeFolders(runFolder)
    const finished = (): Finished => ({ warnings, logs: folders.logs, steps: steps.done })
    return await buildImage({ context, steps, inputs, world, finished })
  } catch (error) {
    throw (await fullDisk(error, path.dirname(runFolder))) ?? error
  } finally {
    // Without a cancellation only `docker wait` and `docker logs` still run; they end when their containers are removed.
    if (world.cancelled.aborted) await settle(clock, id, true)
    const used = docker.hasAnswered() ? world.dockerAfterCancel : undefined
    // The runtime image keeps its temporary name until the post step: without tags it has no other name.
    const problems = await release(used, { id, folder: runFolder, keep: ['runtime', 'logs'] })
    for (const problem of problems) log.warning(`Something of this run may be left behind: ${problem}`)
    // The clients of a container that could not be removed would keep this process running.
    if (problems.length > 0) await settle(clock, id, false)
  }
}

/** Chooses between the two ways to an image: with a snapshot, or without one where the runner does not support snapshots. */
async function buildImage(job: Job<Inputs>): Promise<Result> {
  const { inputs, world } = job
  const { workspace } = world
  await requireContext(path.resolve(workspace, inputs.context))
  if (inputs.warmupScript !== undefined) await requireScript(path.resolve(workspace, inputs.warmupScript))
  const { begun, end } = beginJob(job)
  try {
    const { application, ...started } = await begun
    if ('parts' in started)
      return await withParts({ ...job, inputs: started.inputs }, { application, ...started })
    await end()
    return await withoutSnapshot(job, started.runner, { application })
  } finally {
    await end()
  }
}

async function withParts(
  job: Job,
  { application, runner, parts }: Extract<Begun, { parts: ImageParts }>
): Promise<Result> {
  const { context, inputs, world, finished } = job
  const unchanged = await context.step('decide', 'Check whether anything changed', () =>
    findUnchanged(context.log, inputs, world, parts.fingerprint)
  )
  if (unchanged !== undefined) {
    const tags = inputs.tags.map(({ text }) => text)
    return { outcome: 'unchanged', digest: unchanged, tags, ...finished() }
  }
  const { dependencies, classes, files: further } = parts.application
  const files = [...dependencies.keys(), ...classes.keys(), ...further.values()]
  const diskSpace = await checkDiskSpace(context.log, runner.diskFree, parts.jdk.file, files)
  const source = await prepareImages(context, inputs, world, parts, runner.imageStore)
  const made = await withSnapshot(job, runner, parts, source).catch((error: unknown) => {
    throw withDiskSpace(error, diskSpace)
  })
  return made instanceof Failure
    ? await withoutSnapshot(job, made, { application, made: { parts, inputs }, source })
    : made
}
