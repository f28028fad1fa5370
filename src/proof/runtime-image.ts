import path from 'node:path'
import { engineName, type CheckpointEngine } from '../checkpoint/choose-engine.js'
import { retryWithMore, type Snapshot } from '../checkpoint/take.js'
import type { Reach } from '../docker/containers.js'
import { containerSettings, type ContainerInputs, type Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { climb, declaredFlags, type Privileges } from '../docker/privileges.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { coldLabels, FINGERPRINT_LABEL, snapshotLabels } from '../image/labels.js'
import type { Milliseconds } from '../lib/values.js'
import { standardRequest, type Readiness } from '../probe/readiness.js'
import { requestOf, type WarmUpLine } from '../probe/request-lines.js'
import type { HttpRequest } from '../probe/request.js'
import type { Budgets } from './budgets.js'
import type { Start } from './figures.js'
import { proveRestore, startNormally } from './prove.js'
import { firstLoad } from './series.js'
import type { StartRequest } from './timed-start.js'

/** The finished image, after a successful start. */
export interface RuntimeImage {
  id: string
  /** Privileges of a restore; undefined where it needs none, or where the image has no snapshot. */
  privileges: Privileges | undefined
}

/** An image that was restored once. */
export interface RestoredImage extends RuntimeImage {
  first: Start
  /** How the image is started and queried, for the first time and later. */
  request: StartRequest
}

export interface RuntimeInputs extends ContainerInputs, Budgets {
  onRestoreFailure: string
  cpuFeatures: string
  startupTimeout: Milliseconds
  restoreTimeout: Milliseconds
  /** Number of timed restores; 0 restores once, untimed. */
  verifyRuns: number
  warmup: WarmUpLine[] | undefined
}

/** Where and how containers of the image are started. */
export interface StartSetting {
  reach: Reach
  readiness: Readiness
  dockerFolder: string
  /** Start of relative paths. */
  workspace: string
}

/** Builds the image with the snapshot and restores it, with the lowest privilege level that works. Throws the Failure of the last level. */
export async function buildRestoringImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  parts: { source: ImageSource; engine: CheckpointEngine; snapshot: Snapshot; kernel: string }
): Promise<RestoredImage> {
  const { docker, clock, log, step } = context
  const levels = parts.engine.name === 'criu' ? parts.engine.privileges : [undefined]
  const name = namesOf(context.id).image('runtime')
  return await climb(
    levels,
    async (privileges) => {
      const id = await step('build-runtime', 'Build the runtime image', () =>
        buildRuntime(context, inputs, { ...parts, privileges })
      )
      const request = await startRequest(context, inputs, setting, { id, privileges })
      const first = await step('prove', 'Prove the restore', async () => {
        const start = await proveRestore({ docker, clock }, request)
        log.info(`Restored, and responded after ${start.answer} ms.`)
        return start
      })
      return { id, privileges, request, first }
    },
    retryWithMore(log, () => docker.attempt(['image', 'rm', '--force', name]))
  )
}

async function buildRuntime(
  context: Context,
  inputs: RuntimeInputs,
  parts: {
    source: ImageSource
    engine: CheckpointEngine
    snapshot: Snapshot
    kernel: string
    privileges: Privileges | undefined
  }
): Promise<string> {
  const { source, engine, snapshot, kernel, privileges } = parts
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
      ...snapshotLabels({
        restoreFlags: flagsOf(privileges),
        privileges: privileges?.level ?? 'none',
        criuVersion: snapshot.criuVersion ?? 'none',
        cpuFeatures: inputs.cpuFeatures,
        kernel
      })
    }
  })
}

/** Builds the image without a snapshot, and times its normal starts. */
export async function buildColdImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  { source, reason }: { source: ImageSource; reason: string }
): Promise<{ image: RuntimeImage; coldStarts: Start[] }> {
  const { log, step } = context
  const id = await step('build-cold', 'Build the image without a snapshot', () =>
    buildStage(context, source, 'cold', {
      buildArgs: { PORT: String(inputs.port) },
      labels: { ...source.labels, ...coldLabels(reason, source.labels[FINGERPRINT_LABEL] ?? '') }
    })
  )
  const image = { id, privileges: undefined }
  const request = await startRequest(context, inputs, setting, image)
  if (inputs.maxRestoreTime !== undefined || inputs.minSpeedup !== undefined)
    log.info('`max-restore-time` and `min-speedup` do not apply to an image without a snapshot.')
  const coldStarts = await step('prove', 'Start the image', async () => {
    const starts: Start[] = []
    const runs = Math.max(1, inputs.verifyRuns)
    while (starts.length < runs) {
      const start = await startNormally(context, { ...request, load: undefined })
      starts.push(start)
      log.info(`Run ${starts.length} of ${runs}: cold start in ${start.answer} ms.`)
    }
    return starts
  })
  return { image, coldStarts }
}

/** Returns the `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}

async function startRequest(
  context: Context,
  inputs: RuntimeInputs,
  { reach, readiness, dockerFolder, workspace }: StartSetting,
  { id, privileges }: RuntimeImage
): Promise<StartRequest> {
  return {
    ...containerSettings(context, inputs, reach),
    container: namesOf(context.id).container,
    image: id,
    flags: privileges?.restore(path.join(dockerFolder, 'seccomp.json')) ?? [],
    readiness,
    startupTimeout: inputs.startupTimeout,
    restoreTimeout: inputs.restoreTimeout,
    load:
      inputs.verifyRuns > 0 ? firstLoad(await comparisonRequest(inputs, readiness, workspace)) : undefined,
    logs: context.logs,
    hiding: context.hiding
  }
}

/** Returns the request that restored and cold applications get often: one that changes nothing. */
async function comparisonRequest(
  { warmup, port }: RuntimeInputs,
  readiness: Readiness,
  workspace: string
): Promise<HttpRequest> {
  const line = warmup?.find(({ method }) => method === 'GET' || method === 'HEAD')
  return line ? await requestOf(line, workspace) : standardRequest(readiness, port)
}
