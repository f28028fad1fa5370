import path from 'node:path'
import { type CheckpointEngine, engineName } from '../checkpoint/engine.js'
import type { TakenSnapshot } from '../checkpoint/take.js'
import { namesOf } from '../cleanup.js'
import { wantsPrivileges } from '../diagnosis/wants-privileges.js'
import type { Reach } from '../engine/containers.js'
import { declaredFlags, type Privileges } from '../engine/privileges.js'
import { Failure } from '../errors.js'
import { coldLabels, snapshotLabels } from '../image/labels.js'
import { type Proof, type ProofRequest, proveRestore, timeColdStart } from '../restore/prove.js'
import type { Runner } from '../runner/inspect.js'
import type { Milliseconds } from '../values.js'
import { build, type BuildFrom } from './build.js'
import { checkpointContainer, containerOf, type Run } from './run.js'

/** An image that may be tagged and pushed, and how it was shown to work. */
export interface Restoring {
  imageId: string
  proof: Proof
  /** The rung that it needs; undefined where it needs none. */
  privileges: Privileges | undefined
}

/** Builds the image that restores, and proves it: with the least privileges, or a rung up if that is the way. */
export async function buildRestoring(
  run: Run,
  from: BuildFrom,
  parts: { runner: Runner; takenBy: CheckpointEngine; snapshot: TakenSnapshot }
): Promise<Restoring> {
  const { takenBy } = parts
  const rungs = takenBy.name === 'criu' ? takenBy.privileges : [undefined]
  for (const [index, privileges] of rungs.entries()) {
    const imageId = await buildRuntime(run, from, { ...parts, privileges })
    try {
      return { imageId, privileges, proof: await prove(run, from, parts.runner, imageId, privileges) }
    } catch (error) {
      const last = index === rungs.length - 1
      if (last || !(error instanceof Failure) || !wantsPrivileges(error.signature)) throw error
      run.world.log.info(`Leaving the privileges ${privileges?.rung}: ${error.message}`)
    }
  }
  throw new Error('there is no rung of privileges to try')
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
  return await run.phases.run('build-runtime', 'Build the runtime image', async () => {
    // Committed only to be copied from: the image that is pushed has nothing else of this container.
    await world.engine.run(['commit', checkpointContainer(run), names.image('snapshot')])
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
          privileges: privileges?.rung ?? 'none',
          criuVersion: snapshot.criuVersion ?? 'none',
          cpuFeatures: inputs.cpuFeatures,
          kernel: parts.runner.kernel
        })
      }
    )
  })
}

async function prove(
  run: Run,
  from: BuildFrom,
  runner: Runner,
  imageId: string,
  privileges: Privileges | undefined
): Promise<Proof> {
  const { engine, clock, log } = run.world
  return await run.phases.run('prove', 'Prove the restore', async () => {
    const found = await proveRestore({ engine, clock }, proofOf(run, from, runner.reach, imageId, privileges))
    log.info(
      `Restored in ${Math.round(found.restoreTime)} ms; a cold start takes ${Math.round(found.coldStart)} ms.`
    )
    return found
  })
}

/** The image without a snapshot, and how long its start takes. */
export async function buildCold(
  run: Run,
  from: BuildFrom,
  parts: { reach: Reach; reason: string }
): Promise<{ imageId: string; coldStart: Milliseconds }> {
  const { inputs, world } = run
  const imageId = await run.phases.run('build-cold', 'Build the image without a snapshot', () =>
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
  const coldStart = await run.phases.run('prove', 'Start the image', () =>
    timeColdStart(world, proofOf(run, from, parts.reach, imageId, undefined))
  )
  return { imageId, coldStart }
}

/** The `docker run` flags that an image declares. */
export function flagsOf(privileges: Privileges | undefined): string {
  return privileges === undefined ? '' : declaredFlags(privileges)
}

function proofOf(
  run: Run,
  { readiness }: BuildFrom,
  reach: Reach,
  image: string,
  privileges: Privileges | undefined
): ProofRequest {
  const { inputs, world } = run
  return {
    ...containerOf(run, reach),
    container: namesOf(run.id).container,
    image,
    flags: privileges?.restore(path.join(world.dockerFolder, 'seccomp.json')) ?? [],
    readiness,
    startupTimeout: inputs.startupTimeout,
    restoreTimeout: inputs.restoreTimeout,
    logs: run.logs
  }
}
