import type { CheckpointEngine } from '../checkpoint/choose-engine.js'
import type { Snapshot } from '../checkpoint/take.js'
import type { JdkArchive } from '../jdk/install.js'
import type { Failure } from '../lib/errors.js'
import type { Start } from '../proof/figures.js'
import type { Proof } from '../proof/measure.js'
import type { RuntimeImage } from '../proof/start-request.js'
import type { Publication } from '../registry/publish.js'
import type { Step } from '../run/steps.js'
import type { Runner } from '../runner/inspect.js'
import type { SnapshotReading } from '../snapshot/read.js'

/** Everything that a run produced; outputs, metadata and the job summary are made of it. */
export type Result = Checkpointed | Cold | Unchanged | Skipped

export interface Finished {
  warnings: readonly string[]
  /** Folder with CRIU's log, the application's output and other evidence. */
  logs: string
  steps: Step[]
}

export interface WithImage extends Finished {
  application: string
  baseImage: string
  jdk: JdkArchive
  image: RuntimeImage
  port: number
  user: { uid: number; gid: number }
  publication: Publication
}

/** An image with a snapshot, which restores. */
export interface Checkpointed extends WithImage {
  outcome: 'checkpointed'
  runner: Runner
  engine: CheckpointEngine
  snapshot: Snapshot
  /** Content of the snapshot; undefined where it cannot be read, as a snapshot of Warp. */
  reading: SnapshotReading | undefined
  proof: Proof
}

/** An image without a snapshot, because the runner does not support snapshots, or because the checkpoint was refused. */
export interface Cold extends WithImage {
  outcome: 'cold'
  /** Reason why there is no snapshot. */
  why: Failure
  /** Whether the application or its JVM refused the checkpoint. */
  refused: boolean
  coldStarts: Start[]
  /** Starts with the archive of classes; none where the image has no archive. */
  archiveStarts: Start[]
}

/** No image was built, because the registry has one with the same fingerprint. */
export interface Unchanged extends Finished {
  outcome: 'unchanged'
  digest: string
  tags: string[]
}

/** No image was built, because the runner does not support snapshots. */
export interface Skipped extends Finished {
  outcome: 'skipped'
  why: Failure
}
