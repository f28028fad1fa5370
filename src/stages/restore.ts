import path from 'node:path'
import { type CheckpointEngine, engineName } from '../checkpoint/choose-engine.js'
import type { TakenSnapshot } from '../checkpoint/take.js'
import { standardWarmUp } from '../checkpoint/warm-up.js'
import { namesOf, removeImages } from '../run/release.js'
import type { Reach } from '../docker/containers.js'
import { declaredFlags, type Privileges } from '../docker/privileges.js'
import { Failure } from '../lib/errors.js'
import { coldLabels, snapshotLabels } from '../image/labels.js'
import type { HttpRequest } from '../probe/request.js'
import { requestOf } from '../probe/request-lines.js'
import type { Readiness } from '../probe/readiness.js'
import type { Start } from '../proof/figures.js'
import { proveRestore, startNormally } from '../proof/prove.js'
import { firstLoad } from '../proof/series.js'
import type { StartRequest } from '../proof/timed-start.js'
import type { Runner } from '../runner/inspect.js'
import { build, type BuildFrom } from './build.js'
import { checkpointContainer, containerOf, type Run } from './run.js'

/** An image that was restored. */
export interface Restoring {
  imageId: string
  /** Its first restore. */
  first: Start
  /** How it is started and asked, here and later. */
  request: StartRequest
  /** The level that it needs; undefined where it needs none. */
  privileges: Privileges | undefined
}

/** Builds the image that restores, and restores it: with the least privileges, or one level up if that is the way. */
export async function buildRestoring(
  run: Run,
  from: BuildFrom,
  parts: { runner: Runner; takenBy: CheckpointEngine; snapshot: TakenSnapshot }
): Promise<Restoring> {
  const { takenBy } = parts
  const levels = takenBy.name === 'criu' ? takenBy.privileges : [undefined]
  for (const [index, privileges] of levels.entries()) {
    const imageId = await buildRuntime(run, from, { ...parts, privileges })
    const request = await startRequest(run, from, parts.runner.reach, imageId, privileges)
    try {
      return { imageId, privileges, request, first: await prove(run, request) }
    } catch (error) {
      const last = index === levels.length - 1
      if (last || !(error instanceof Failure) || error.signature?.remedy !== 'privileges') throw error
      run.world.log.info(`Leaving the privileges ${privileges?.level}: ${error.message}`)
      await removeImages(run.world.docker, namesOf(run.id), ['runtime'])
    }
  }
  throw new Error('there is no level of privileges to try')
}

async function buildRuntime(
  run: Run,
  from: BuildFrom,
  parts: {
    runner: Runner
    takenBy: CheckpointEngine
    snapshot: TakenSnapshot
    privileges: Privileges | undefined
  }
): Promise<string> {
  const { inputs, world } = run
  const { snapshot, takenBy, privileges } = parts
  const names = namesOf(run.id)
  return await run.steps.run('build-runtime', 'Build the runtime image', async () => {
    // Committed only to be copied from: the image that is pushed has nothing else of this container.
    await world.docker.run(['commit', checkpointContainer(run), names.image('snapshot')])
    return await build(
      run,
      from,
      'runtime',
      {
        SNAPSHOT_IMAGE: names.image('snapshot'),
        ON_RESTORE_FAILURE: inputs.onRestoreFailure,
        PORT: String(inputs.port),
        TAKEN_BY: engineName(takenBy, privileges)
      },
      {
        ...from.labels,
        ...inputs.labels,
        ...snapshotLabels({
          restoreFlags: flagsOf(privileges),
          privileges: privileges?.level ?? 'none',
          criuVersion: snapshot.criuVersion ?? 'none',
          cpuFeatures: inputs.cpuFeatures,
          kernel: parts.runner.kernel
        })
      }
    )
  })
}

async function prove(run: Run, request: StartRequest): Promise<Start> {
  const { docker, clock, log } = run.world
  return await run.steps.run('prove', 'Prove the restore', async () => {
    const first = await proveRestore({ docker, clock }, request)
    log.info(`Restored, and answered after ${first.answer} ms.`)
    return first
  })
}

/** The image without a snapshot, and how long its starts take. */
export async function buildCold(
  run: Run,
  from: BuildFrom,
  parts: { reach: Reach; reason: string }
): Promise<{ imageId: string; coldStarts: Start[] }> {
  const { inputs, world } = run
  const imageId = await run.steps.run('build-cold', 'Build the image without a snapshot', () =>
    build(
      run,
      from,
      'cold',
      { PORT: String(inputs.port) },
      {
        ...from.labels,
        ...inputs.labels,
        ...coldLabels(parts.reason)
      }
    )
  )
  const request = await startRequest(run, from, parts.reach, imageId, undefined)
  if (inputs.budgets.restoreTime !== undefined || inputs.budgets.speedup !== undefined)
    world.log.info('`max-restore-time` and `min-speedup` do not count for an image without a snapshot.')
  const coldStarts = await run.steps.run('prove', 'Start the image', async () => {
    const starts: Start[] = []
    const runs = Math.max(1, inputs.verifyRuns)
    while (starts.length < runs) {
      const start = await startNormally(world, { ...request, load: undefined })
      starts.push(start)
      world.log.info(`Run ${starts.length} of ${runs}: cold start in ${start.answer} ms.`)
    }
    return starts
  })
  return { imageId, coldStarts }
}

/** The `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}

async function startRequest(
  run: Run,
  { readiness }: BuildFrom,
  reach: Reach,
  image: string,
  privileges: Privileges | undefined
): Promise<StartRequest> {
  const { inputs, world } = run
  return {
    ...containerOf(run, reach),
    container: namesOf(run.id).container,
    image,
    flags: privileges?.restore(path.join(world.dockerFolder, 'seccomp.json')) ?? [],
    readiness,
    startupTimeout: inputs.startupTimeout,
    restoreTimeout: inputs.restoreTimeout,
    load: inputs.verifyRuns > 0 ? firstLoad(await firstRequest(run, readiness)) : undefined,
    logs: run.logs
  }
}

/** What a restored application and a cold one are asked side by side: it must change nothing, because it is asked often. */
async function firstRequest({ inputs, world }: Run, readiness: Readiness): Promise<HttpRequest> {
  const line = inputs.warmup?.find(({ method }) => method === 'GET' || method === 'HEAD')
  if (line) return await requestOf(line, world.workspace)
  return standardWarmUp(readiness, inputs.port).request
}
