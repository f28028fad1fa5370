import { answersOf, type Figures, type Start } from '../proof/figures.js'
import { flagsOf } from '../proof/runtime-image.js'
import type { Result } from './result.js'
import type { SecretReport } from '../secrets/report.js'
import { contentMetadata } from './content.js'

export function metadataOf(result: Result): object {
  const { outcome, warnings } = result
  const phases = result.steps.map(({ name, start, milliseconds }) => ({ name, start, milliseconds }))
  if (outcome === 'skipped') return { outcome, reason: result.why.message, warnings, phases }
  if (outcome === 'unchanged')
    return { outcome, image: { digest: result.digest, tags: result.tags }, warnings, phases }
  const { jdk, image, publication } = result
  const common = {
    outcome,
    image: {
      id: image.id,
      digest: publication.digest ?? null,
      tags: publication.tags,
      baseImage: result.baseImage,
      layers: publication.layers,
      archive: image.archive ? { ...image.archive, jdk: jdk.asset.name } : null
    },
    application: result.application,
    jdk: {
      distribution: jdk.asset.distribution,
      version: jdk.asset.version,
      asset: jdk.asset.name,
      sha256: jdk.sha256
    },
    secrets: secretsOf(publication.secrets)
  }
  if (outcome === 'cold') {
    const { why, coldStarts, archiveStarts } = result
    return {
      ...common,
      reason: why.message,
      coldStart: answersOf(coldStarts).median,
      coldStarts: coldStarts.map(startOf),
      archiveStart: archiveStarts.length > 0 ? answersOf(archiveStarts).median : null,
      archiveStarts: archiveStarts.map(startOf),
      warnings,
      phases
    }
  }
  const { runner, snapshot, engine, proof } = result
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
      engine: engine.name,
      criu: engine.name === 'criu' ? { kind: engine.kind, version: engine.version, why: engine.why } : null,
      privileges: snapshot.privileges?.level ?? null,
      statistics: snapshot.statistics ?? null,
      content: contentMetadata(result.reading?.content),
      startDuration: Math.round(snapshot.startDuration),
      checkpointDuration:
        snapshot.checkpointDuration === undefined ? null : Math.round(snapshot.checkpointDuration),
      trigger: snapshot.trigger,
      handover: snapshot.handover === undefined ? null : Math.round(snapshot.handover),
      warmUp: snapshot.warmUp
    },
    proof: {
      ...figuresIn(proof.figures),
      privileges: image.privileges?.level ?? null,
      restoreFlags: flagsOf(image.privileges)
    },
    last: proof.last ?? null,
    warnings,
    phases
  }
}

/** Returns the medians and every run, in milliseconds; null for what was not measured. */
function figuresIn(figures: Figures | undefined): object {
  const {
    answer,
    speedup,
    requests,
    archive,
    restores = [],
    coldStarts = [],
    archiveStarts = []
  } = figures ?? {}
  return {
    restoreTime: answer?.restore.median ?? null,
    coldStart: answer?.coldStart.median ?? null,
    archiveStart: archive?.median ?? null,
    speedup: speedup ?? null,
    answer: answer ?? null,
    requests: requests ?? null,
    restores: restores.map(startOf),
    coldStarts: coldStarts.map(startOf),
    archiveStarts: archiveStarts.map(startOf)
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
