import type { Docker } from '../docker/docker.js'
import { inspectImage } from '../docker/inspect.js'
import { takeOver, type GivenLayers } from './given-layers.js'
import type { PackedLayer } from './layer-file.js'
import { imageOf, layersByContent, type PushTarget } from './published.js'

/**
 * Returns the layers of the image that every repository has already, by their uncompressed digests: from the present images of the
 * tags, and from the image that was given to the action, whose layers a repository of the same registry takes over.
 */
export async function knownEverywhere(
  docker: Docker,
  image: string,
  targets: readonly PushTarget[],
  given: readonly GivenLayers[] = []
): Promise<Map<string, PackedLayer>> {
  const known = new Map<string, PackedLayer>()
  for (const { layers } of given) for (const [content, layer] of layers) known.set(content, layer)
  for (const { client, before } of targets) {
    for (const manifest of before.values()) {
      const published = manifest && (await imageOf(client, manifest))
      if (published) for (const [content, layer] of layersByContent(published)) known.set(content, layer)
    }
  }
  if (known.size === 0) return known
  const own = new Set((await inspectImage(docker, image)).RootFS.Layers)
  const has = async (target: PushTarget, digest: string): Promise<boolean> =>
    (await target.client.hasBlob(digest)) || (await takeOver(target, digest, given))
  for (const [content, { digest }] of known) {
    const there = own.has(content) && (await Promise.all(targets.map((target) => has(target, digest))))
    if (!there || there.includes(false)) known.delete(content)
  }
  return known
}
