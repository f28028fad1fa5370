import type { CheckpointEngine } from './checkpoint/engine.js'
import type { TakenSnapshot } from './checkpoint/take.js'
import type { Privileges } from './engine/privileges.js'
import type { ImageLayer } from './image/layers.js'
import type { JdkArchive } from './jdk/install.js'
import type { Phase } from './phases.js'
import { instructionsFor, type Instructions } from './report/instructions.js'
import type { Proof } from './restore/prove.js'
import type { Runner } from './runner/inspect.js'
import type { Milliseconds } from './values.js'

/** Everything that a run found out; what outputs and summary are made of. */
export type Result = Checkpointed | Cold | Unchanged | Skipped

interface Finished {
  /** Folder with what the run kept: CRIU's log, the application's output. */
  logs: string
  phases: Phase[]
}

interface WithImage extends Finished {
  jdk: JdkArchive
  application: string
  baseImage: string
  imageId: string
  tags: string[]
  /** undefined when nothing was pushed. */
  digest: string | undefined
  layers: ImageLayer[]
  port: number
  user: { uid: number; gid: number }
}

/** An image with a snapshot, which restores. */
export interface Checkpointed extends WithImage {
  outcome: 'checkpointed'
  runner: Runner
  takenBy: CheckpointEngine
  snapshot: TakenSnapshot
  proof: Proof
  /** The rung that a restore needs; undefined where it needs none. */
  privileges: Privileges | undefined
  restoreFlags: string
}

/** An image without a snapshot, because the runner takes none. */
export interface Cold extends WithImage {
  outcome: 'cold'
  /** Why there is no snapshot. */
  reason: string
  coldStart: Milliseconds
}

/** Nothing was done, because the registry has an image of the same parts. */
export interface Unchanged extends Finished {
  outcome: 'unchanged'
  digest: string
  tags: string[]
}

/** Nothing was done, because the runner takes no snapshots. */
export interface Skipped extends Finished {
  outcome: 'skipped'
  reason: string
}

/** The outputs, by the names in action.yml. Times are whole milliseconds, sizes bytes. */
export function outputsOf(result: Result): Record<string, string> {
  const outputs: Record<string, string> = {
    digest: '',
    imageid: '',
    tags: '',
    metadata: JSON.stringify(metadataOf(result)),
    'java-version': '',
    'jdk-asset': '',
    'snapshot-size': '',
    'checkpoint-duration': '',
    'cold-start': '',
    'restore-time': '',
    speedup: '',
    'restore-flags': '',
    run: '',
    compose: '',
    kubernetes: '',
    skipped: String(result.outcome === 'skipped' || result.outcome === 'unchanged'),
    logs: result.logs
  }
  if (result.outcome === 'skipped') return outputs
  if (result.outcome === 'unchanged')
    return { ...outputs, digest: result.digest, tags: result.tags.join('\n') }
  Object.assign(outputs, {
    digest: result.digest ?? '',
    imageid: result.imageId,
    tags: result.tags.join('\n'),
    'java-version': result.jdk.asset.version,
    'jdk-asset': result.jdk.asset.name,
    ...instructions(result)
  })
  if (result.outcome === 'cold') return { ...outputs, 'cold-start': String(Math.round(result.coldStart)) }
  const { snapshot, proof } = result
  return {
    ...outputs,
    'snapshot-size': String(snapshot.size),
    'checkpoint-duration':
      snapshot.checkpointDuration === undefined ? '' : String(Math.round(snapshot.checkpointDuration)),
    'cold-start': String(Math.round(proof.coldStart)),
    'restore-time': String(Math.round(proof.restoreTime)),
    speedup: speedup(proof).toFixed(1),
    'restore-flags': result.restoreFlags
  }
}

/** How to start the image of a run, by its digest where it was pushed. */
export function instructions(result: Checkpointed | Cold): Instructions {
  const { digest, tags, imageId, port, user } = result
  const image = digest ? `${repositoryOf(tags[0] ?? '')}@${digest}` : (tags[0] ?? imageId)
  const privileges = result.outcome === 'checkpointed' ? result.privileges : undefined
  return instructionsFor({ image, port, user, privileges })
}

function repositoryOf(tag: string): string {
  return tag.replace(/:[^/:]*$/, '')
}

export function speedup(proof: Proof): number {
  return proof.coldStart / proof.restoreTime
}

function metadataOf(result: Result): object {
  const { outcome, phases } = result
  if (outcome === 'skipped') return { outcome, reason: result.reason, phases }
  if (outcome === 'unchanged') return { outcome, image: { digest: result.digest, tags: result.tags }, phases }
  const { jdk } = result
  const common = {
    outcome,
    image: {
      id: result.imageId,
      digest: result.digest ?? null,
      tags: result.tags,
      baseImage: result.baseImage,
      layers: result.layers
    },
    application: result.application,
    jdk: {
      distribution: jdk.asset.distribution,
      version: jdk.asset.version,
      asset: jdk.asset.name,
      sha256: jdk.sha256
    }
  }
  if (outcome === 'cold') {
    return { ...common, reason: result.reason, coldStart: Math.round(result.coldStart), phases }
  }
  const { runner, snapshot, proof, takenBy } = result
  return {
    ...common,
    runner: {
      architecture: runner.architecture,
      engineVersion: runner.version,
      operatingSystem: runner.operatingSystem,
      kernel: runner.kernel,
      cpu: runner.cpu ?? null,
      amx: runner.amx
    },
    snapshot: {
      size: snapshot.size,
      engine: takenBy.name,
      criu:
        takenBy.name === 'criu' ? { kind: takenBy.kind, version: takenBy.version, why: takenBy.why } : null,
      privileges: snapshot.privileges?.rung ?? null,
      statistics: snapshot.statistics ?? null,
      startDuration: Math.round(snapshot.startDuration),
      checkpointDuration:
        snapshot.checkpointDuration === undefined ? null : Math.round(snapshot.checkpointDuration),
      trigger: snapshot.trigger,
      handover: snapshot.handover === undefined ? null : Math.round(snapshot.handover),
      warmUp: snapshot.warmUp
    },
    proof: {
      restoreTime: Math.round(proof.restoreTime),
      coldStart: Math.round(proof.coldStart),
      speedup: Number(speedup(proof).toFixed(1)),
      privileges: result.privileges?.rung ?? null,
      restoreFlags: result.restoreFlags
    },
    phases
  }
}
