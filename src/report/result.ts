import type { CheckpointEngine } from '../checkpoint/choose-engine.js'
import type { TakenSnapshot } from '../checkpoint/take.js'
import type { Privileges } from '../docker/privileges.js'
import type { LastImage } from '../proof/figures-label.js'
import type { ImageLayer } from '../image/layers.js'
import type { JdkArchive } from '../jdk/install.js'
import type { Step } from '../run/steps.js'
import type { Figures, Start } from '../proof/figures.js'
import type { Runner } from '../runner/inspect.js'
import type { SecretReport } from '../secrets/report.js'
import type { SnapshotReading } from '../snapshot/read.js'

/** Everything that a run found out; what outputs and summary are made of. */
export type Result = Checkpointed | Cold | Unchanged | Skipped

export interface Finished {
  /** What the log warned of. */
  warnings: readonly string[]
  /** Folder with what the run kept: CRIU's log, the application's output. */
  logs: string
  phases: Step[]
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
  secrets: SecretReport
  port: number
  user: { uid: number; gid: number }
}

/** An image with a snapshot, which restores. */
export interface Checkpointed extends WithImage {
  outcome: 'checkpointed'
  runner: Runner
  takenBy: CheckpointEngine
  snapshot: TakenSnapshot
  /** undefined with `verify: false`. */
  figures: Figures | undefined
  /** What the first tag had at its registry; undefined where nothing is known of it. */
  last: LastImage | undefined
  /** What is in the snapshot, and where; undefined where it cannot be read, as that of Warp. */
  reading: SnapshotReading | undefined
  /** The level that a restore needs; undefined where it needs none. */
  privileges: Privileges | undefined
  restoreFlags: string
}

/** An image without a snapshot, because the runner takes none. */
export interface Cold extends WithImage {
  outcome: 'cold'
  /** Why there is no snapshot. */
  reason: string
  coldStarts: Start[]
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
