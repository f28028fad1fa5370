import type { Phase } from './phases.js'
import type { TakenSnapshot } from './checkpoint/take.js'
import type { JdkArchive } from './jdk/install.js'
import type { Proof } from './restore/prove.js'
import type { Runner } from './runner/inspect.js'

/** Everything that a run found out; what outputs and summary are made of. */
export interface Result {
  runner: Runner
  jdk: JdkArchive
  application: string
  baseImage: string
  snapshot: TakenSnapshot
  proof: Proof
  imageId: string
  tags: string[]
  /** undefined when nothing was pushed. */
  digest: string | undefined
  restoreFlags: string
  /** Folder with what the run kept: CRIU's log, the application's output. */
  logs: string
  phases: Phase[]
}

/** The outputs, by the names in action.yml. Times are whole milliseconds, sizes bytes. */
export function outputsOf(result: Result): Record<string, string> {
  const { snapshot, proof, jdk } = result
  return {
    digest: result.digest ?? '',
    imageid: result.imageId,
    tags: result.tags.join('\n'),
    metadata: JSON.stringify(metadataOf(result)),
    'java-version': jdk.asset.version,
    'jdk-asset': jdk.asset.name,
    'snapshot-size': String(snapshot.size),
    'checkpoint-duration': String(Math.round(snapshot.checkpointDuration)),
    'cold-start': String(Math.round(proof.coldStart)),
    'restore-time': String(Math.round(proof.restoreTime)),
    speedup: speedup(proof).toFixed(1),
    'restore-flags': result.restoreFlags,
    logs: result.logs
  }
}

export function speedup(proof: Proof): number {
  return proof.coldStart / proof.restoreTime
}

function metadataOf(result: Result): object {
  const { snapshot, proof, jdk } = result
  return {
    image: {
      id: result.imageId,
      digest: result.digest ?? null,
      tags: result.tags,
      baseImage: result.baseImage
    },
    application: result.application,
    jdk: {
      distribution: jdk.asset.distribution,
      version: jdk.asset.version,
      asset: jdk.asset.name,
      sha256: jdk.sha256
    },
    runner: result.runner,
    snapshot: {
      size: snapshot.size,
      criuVersion: snapshot.criuVersion ?? null,
      statistics: snapshot.statistics ?? null,
      startDuration: Math.round(snapshot.startDuration),
      checkpointDuration: Math.round(snapshot.checkpointDuration)
    },
    proof: {
      restoreTime: Math.round(proof.restoreTime),
      coldStart: Math.round(proof.coldStart),
      speedup: Number(speedup(proof).toFixed(1)),
      restoreFlags: result.restoreFlags
    },
    phases: result.phases
  }
}
