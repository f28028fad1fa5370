import { httpGet } from '../../../lab/http.js'
import type { StepResult } from '../../../lab/runner.js'
import { world } from './lab.js'

/** An image as the registry has it. */
export interface PushedImage {
  /** Digest of its configuration: the id of the image where Docker keeps images in a graph driver. */
  configuration: string
  layers: { createdBy: string; digest: string; diffId: string }[]
}

interface Manifest {
  config: { digest: string }
  layers: { digest: string }[]
}

interface Configuration {
  history: { created_by?: string; empty_layer?: boolean }[]
  rootfs: { diff_ids: string[] }
}

const MANIFESTS =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'

/** Returns the image that a step has pushed; without a step, the one that the tag has. */
export async function pushedImage(tag: string, step?: StepResult): Promise<PushedImage> {
  const [repository, name] = [tag.slice(tag.indexOf('/') + 1, tag.lastIndexOf(':')), tag.split(':').at(-1)]
  const read = async (file: string): Promise<unknown> => {
    const address = new URL(`http://${world.registry}/v2/${repository}/${file}`)
    const got = await httpGet(address, { accept: MANIFESTS })
    return JSON.parse(got?.body ?? '')
  }
  const manifest = (await read(`manifests/${step?.outputs['digest'] ?? name}`)) as Manifest
  const { history, rootfs } = (await read(`blobs/${manifest.config.digest}`)) as Configuration
  const made = history.filter((entry) => !entry.empty_layer)
  const layers = manifest.layers.map(({ digest }, index) => ({
    createdBy: made[index]?.created_by ?? '',
    digest,
    diffId: rootfs.diff_ids[index] ?? ''
  }))
  return { configuration: manifest.config.digest, layers }
}

/** Digests of the layers of a pushed image that are the same in every run: all but the last one, the snapshot. */
export async function layersBelowSnapshot(tag: string, step: StepResult): Promise<string[]> {
  return (await pushedImage(tag, step)).layers.slice(0, -1).map(({ digest }) => digest)
}
