import type { CheckpointEngine } from './checkpoint/engine.js'
import type { TakenSnapshot } from './checkpoint/take.js'
import type { Privileges } from './engine/privileges.js'
import type { LastImage } from './image/figures-label.js'
import type { ImageLayer } from './image/layers.js'
import type { JdkArchive } from './jdk/install.js'
import type { Phase } from './phases.js'
import { contentMetadata } from './report/content.js'
import { instructionsFor, type Instructions } from './report/instructions.js'
import { type Figures, type Spread, spreadOf, type Start } from './restore/figures.js'
import type { Runner } from './runner/inspect.js'
import type { SecretReport } from './secrets/found.js'
import type { SnapshotReading } from './snapshot/read.js'

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
  /** The rung that a restore needs; undefined where it needs none. */
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
  if (result.outcome === 'cold')
    return { ...outputs, 'cold-start': String(answersOf(result.coldStarts).median) }
  const { snapshot, figures } = result
  return {
    ...outputs,
    'snapshot-size': String(snapshot.size),
    'checkpoint-duration': String(Math.round(snapshot.checkpointDuration)),
    ...(figures && {
      'cold-start': String(figures.answer.coldStart.median),
      'restore-time': String(figures.answer.restore.median),
      speedup: figures.speedup.toFixed(1)
    }),
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

/** How long starts took. */
export function answersOf(starts: readonly Start[]): Spread {
  return spreadOf(starts.map(({ answer }) => answer))
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
    },
    secrets: secretsOf(result.secrets)
  }
  if (outcome === 'cold') {
    const { reason, coldStarts } = result
    const { median } = answersOf(coldStarts)
    return { ...common, reason, coldStart: median, coldStarts: coldStarts.map(startOf), phases }
  }
  const { runner, snapshot, figures, last, takenBy } = result
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
      content: contentMetadata(result.reading?.content),
      startDuration: Math.round(snapshot.startDuration),
      checkpointDuration: Math.round(snapshot.checkpointDuration),
      handover: snapshot.handover === undefined ? null : Math.round(snapshot.handover),
      warmUp: snapshot.warmUp
    },
    proof: {
      ...figuresIn(figures),
      privileges: result.privileges?.rung ?? null,
      restoreFlags: result.restoreFlags
    },
    last: last ?? null,
    phases
  }
}

/** Medians first, then every run; null for what was not measured. Times in milliseconds. */
function figuresIn(figures: Figures | undefined): object {
  const { answer, speedup, requests, restores = [], coldStarts = [] } = figures ?? {}
  return {
    restoreTime: answer?.restore.median ?? null,
    coldStart: answer?.coldStart.median ?? null,
    speedup: speedup ?? null,
    answer: answer ?? null,
    requests: requests ?? null,
    restores: restores.map(startOf),
    coldStarts: coldStarts.map(startOf)
  }
}

function startOf({ answer, requests, jvm, criu }: Start): object {
  return { answer, requests: requests ?? null, jvm: jvm ?? null, criu: criu ?? null }
}

function secretsOf({ found, untrusted, ...report }: SecretReport): object {
  return {
    ...report,
    found: found.map(({ occurrences, ...one }) => ({
      ...one,
      occurrences: occurrences.map(({ mapping, ...rest }) => ({ ...rest, mapping: mapping ?? null }))
    })),
    untrusted: untrusted ?? null
  }
}
