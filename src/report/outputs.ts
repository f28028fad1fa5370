import { flagsOf } from '../proof/runtime-image.js'
import { instructions } from './instructions.js'
import { metadataOf } from './metadata.js'
import { answersOf } from '../proof/figures.js'
import type { Result } from './result.js'

/** Returns the outputs by their names in action.yml. Times are whole milliseconds, sizes bytes. */
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
    'archive-start': '',
    'archive-size': '',
    'restore-time': '',
    speedup: '',
    'restore-flags': '',
    run: '',
    compose: '',
    kubernetes: '',
    'seccomp-profile': '',
    kustomize: '',
    'helm-values': '',
    openshift: '',
    skipped: String(result.outcome === 'skipped' || result.outcome === 'unchanged'),
    logs: result.logs
  }
  if (result.outcome === 'skipped') return outputs
  if (result.outcome === 'unchanged')
    return { ...outputs, digest: result.digest, tags: result.tags.join('\n') }
  Object.assign(outputs, {
    digest: result.publication.digest ?? '',
    imageid: result.image.id,
    tags: result.publication.tags.join('\n'),
    'java-version': result.jdk.asset.version,
    'jdk-asset': result.jdk.asset.name,
    ...(result.image.archive && { 'archive-size': String(result.image.archive.size) }),
    ...instructions(result)
  })
  if (result.outcome === 'cold') {
    const { coldStarts, archiveStarts } = result
    return {
      ...outputs,
      'cold-start': String(answersOf(coldStarts).median),
      'archive-start': archiveStarts.length > 0 ? String(answersOf(archiveStarts).median) : ''
    }
  }
  const { snapshot, image, proof } = result
  const { figures } = proof
  return {
    ...outputs,
    'snapshot-size': String(snapshot.size),
    'checkpoint-duration':
      snapshot.checkpointDuration === undefined ? '' : String(Math.round(snapshot.checkpointDuration)),
    ...(figures && {
      'cold-start': String(figures.answer.coldStart.median),
      'archive-start': figures.archive ? String(figures.archive.median) : '',
      'restore-time': String(figures.answer.restore.median),
      speedup: figures.speedup.toFixed(1)
    }),
    'restore-flags': flagsOf(image.privileges)
  }
}
