import { httpGet } from '../../../lab/http.js'
import type { StepResult } from '../../../lab/runner.js'
import { world } from './lab.js'

/** Digests of the layers of a pushed image that are the same in every run: all but the last one, the snapshot. */
export async function layersBelowSnapshot(tag: string, step: StepResult): Promise<string[]> {
  const repository = tag.slice(tag.indexOf('/') + 1, tag.lastIndexOf(':'))
  const address = `http://${world.registry}/v2/${repository}/manifests/${step.outputs['digest']}`
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.parse((await httpGet(new URL(address), { accept }))?.body ?? '') as {
    layers: { digest: string }[]
  }
  return manifest.layers.slice(0, -1).map(({ digest }) => digest)
}
