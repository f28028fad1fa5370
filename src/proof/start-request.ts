import path from 'node:path'
import type { Archive } from '../archive/archive.js'
import type { TrainingInputs, TrainingSetting } from '../archive/train.js'
import { containerSettings, type Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import type { Privileges } from '../docker/privileges.js'
import type { Milliseconds } from '../lib/values.js'
import { otherPorts, standardRequest, type Readiness } from '../probe/readiness.js'
import type { Serves } from '../probe/responds.js'
import { requestOf } from '../probe/request-lines.js'
import type { HttpRequest } from '../probe/request.js'
import type { Budgets } from './budgets.js'
import type { Runs } from './runs.js'
import { firstLoad } from './series.js'
import type { StartRequest } from './timed-start.js'

/** The finished image, after a successful start. */
export interface RuntimeImage {
  id: string
  /** Privileges of a restore; undefined where it needs none, or where the image has no snapshot. */
  privileges: Privileges | undefined
  /** Archive of classes in the image; undefined where it has none. */
  archive: Archive | undefined
}

export interface RuntimeInputs extends TrainingInputs, Budgets {
  onRestoreFailure: string
  cpuFeatures: string
  secretScan: 'fail' | 'warn' | 'off'
  user: { uid: number; gid: number }
  restoreTimeout: Milliseconds
  /** Number of timed restores; without any, the image is restored once, untimed. */
  verifyRuns: Runs
}

/** Where and how containers of the image are started. */
export interface StartSetting extends TrainingSetting {
  dockerFolder: string
}

/** Returns how an image is started and queried. */
export async function startRequest(
  context: Context,
  inputs: RuntimeInputs,
  { reach, readiness, dockerFolder, workspace }: StartSetting,
  { id, privileges, serves }: Pick<RuntimeImage, 'id' | 'privileges'> & { serves?: Serves }
): Promise<StartRequest> {
  return {
    ...containerSettings(context, inputs, reach),
    otherPorts: otherPorts(readiness),
    container: namesOf(context.id).container,
    image: id,
    flags: privileges?.restore(path.join(dockerFolder, 'seccomp.json')) ?? [],
    readiness,
    serves,
    startupTimeout: inputs.startupTimeout,
    restoreTimeout: inputs.restoreTimeout,
    load:
      inputs.verifyRuns.most > 0
        ? firstLoad(await comparisonRequest(inputs, readiness, workspace))
        : undefined,
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
