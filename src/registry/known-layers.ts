import type { Docker } from '../docker/docker.js'
import { inspectImage } from '../docker/inspect.js'
import { canTakeOver, takeOver, type GivenLayers } from './given-layers.js'
import type { PackedLayer } from './layer-file.js'
import { imageOf, layersByContent, type PushTarget } from './published.js'

/** Layers of an image that need not be packed, by their uncompressed digests. */
export interface KnownLayers {
  /** Layers that every repository has. */
  known: Map<string, PackedLayer>
  /** Layers of the input `image` or `base-image`: a repository that lacks one can take it over from another of its registry. */
  offered: Map<string, PackedLayer>
}

/**
 * Returns the layers of the image that every repository has already, or can take over: those of the present images of the tags, and of
 * the input `image` or `base-image`. Nothing is changed at the registries.
 */
export async function knownEverywhere(
  docker: Docker,
  image: string,
  targets: readonly PushTarget[],
  given: readonly GivenLayers[] = []
): Promise<KnownLayers> {
  const candidates = new Map<string, PackedLayer>()
  for (const { layers } of given) for (const [content, layer] of layers) candidates.set(content, layer)
  for (const { client, before } of targets) {
    for (const manifest of before.values()) {
      const published = manifest && (await imageOf(client, manifest))
      if (published) for (const [content, layer] of layersByContent(published)) candidates.set(content, layer)
    }
  }
  const found: KnownLayers = { known: new Map(), offered: new Map() }
  if (candidates.size === 0) return found
  const own = new Set((await inspectImage(docker, image)).RootFS.Layers)
  for (const [content, layer] of candidates) {
    if (!own.has(content)) continue
    const has = await Promise.all(targets.map(({ client }) => client.hasBlob(layer.digest)))
    const lacking = targets.filter((_, index) => !has[index])
    if (lacking.length === 0) found.known.set(content, layer)
    else if (lacking.every((target) => canTakeOver(target, layer.digest, given)))
      found.offered.set(content, layer)
  }
  return found
}

/** Makes the offered layers those of all repositories. Returns false where one of them has to be sent. */
export async function takeOverAll(
  targets: readonly PushTarget[],
  offered: KnownLayers['offered'],
  given: readonly GivenLayers[]
): Promise<boolean> {
  const has = async (target: PushTarget, digest: string): Promise<boolean> =>
    (await target.client.hasBlob(digest)) || (await takeOver(target, digest, given))
  for (const { digest } of offered.values()) {
    const there = await Promise.all(targets.map((target) => has(target, digest)))
    if (there.includes(false)) return false
  }
  return true
}
