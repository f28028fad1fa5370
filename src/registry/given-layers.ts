import { Failure } from '../lib/errors.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import type { RepositoryClient } from './client.js'
import type { PackedLayer } from './layer-file.js'
import { imageOf, layersByContent, type PushTarget, type Repositories } from './published.js'
import { parseReference, type Reference } from './reference.js'

/** Maximum number of platforms of an index that are read. */
const MOST_PLATFORMS = 16

/** Layers of the input `image` or `base-image` at a registry, by their uncompressed digests. */
export interface GivenLayers {
  registry: string
  /** Name of their repository at the registry. */
  path: string
  layers: ReadonlyMap<string, PackedLayer>
}

/**
 * Returns the layers that the registries of the tags have of an image, whose names have digests (`repository@sha256:...`). Other
 * registries are not queried, because nothing can be taken over from them. A registry that does not respond has none: then its layers are sent.
 */
export async function givenLayers(
  repositories: Repositories,
  names: readonly string[],
  tags: readonly Reference[],
  signal: AbortSignal
): Promise<GivenLayers[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const [repository = '', digest = ''] = name.split('@')
      try {
        const reference = parseReference(repository)
        if (!tags.some(({ registry }) => registry === reference.registry)) return undefined
        const layers = await layersAt(repositories(reference, signal), digest)
        return layers && { registry: reference.registry, path: reference.path, layers }
      } catch (error) {
        if (error instanceof Failure) return undefined
        throw error
      }
    })
  )
  return found.filter((one) => one !== undefined)
}

/** Returns the layers of an image, or of all platforms of an index: only those with the digests of the built image are used. */
async function layersAt(
  client: RepositoryClient,
  digest: string
): Promise<Map<string, PackedLayer> | undefined> {
  const manifest = await client.manifest(digest)
  if (manifest === undefined) return undefined
  const { manifests } = fieldsOf(jsonOf(manifest.bytes))
  if (!Array.isArray(manifests)) {
    const image = await imageOf(client, manifest)
    return image && layersByContent(image)
  }
  const layers = new Map<string, PackedLayer>()
  for (const entry of manifests.slice(0, MOST_PLATFORMS)) {
    const { digest: child, platform } = fieldsOf(entry)
    if (typeof child !== 'string' || fieldsOf(platform)['os'] !== 'linux') continue
    for (const [content, layer] of (await layersAt(client, child)) ?? []) layers.set(content, layer)
  }
  return layers
}

/** Returns whether the registry of a target has a layer of the given image, in any of its repositories. */
export function canTakeOver({ client }: PushTarget, digest: string, given: readonly GivenLayers[]): boolean {
  return given.some((one) => one.registry === client.registry && hasLayer(one, digest))
}

/** Makes a layer of the given image one of the target's repository. Returns false where it has to be sent. */
export async function takeOver(
  { client }: PushTarget,
  digest: string,
  given: readonly GivenLayers[]
): Promise<boolean> {
  for (const one of given) {
    const isThere = one.registry === client.registry && hasLayer(one, digest)
    if (isThere && (await client.mount(digest, one.path))) return true
  }
  return false
}

function hasLayer({ layers }: GivenLayers, digest: string): boolean {
  return [...layers.values()].some((layer) => layer.digest === digest)
}
