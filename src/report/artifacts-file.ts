import type { Result } from './result.js'

/**
 * Returns the lines for the file $GITHUB_ARTIFACTS, in which a step declares what it has pushed; actions/attest finds its subjects there
 * (actions/runner: CreateArtifactsFileCommand). A line is `oci://NAME:TAG@DIGEST`; a name may have one digest only. Empty if nothing was pushed.
 */
export function artifactLines(result: Result): string {
  if (result.outcome !== 'checkpointed' && result.outcome !== 'cold') return ''
  const { digest, tags } = result.publication
  return digest === undefined ? '' : tags.map((tag) => `oci://${tag}@${digest}\n`).join('')
}
