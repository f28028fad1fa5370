import type { Docker } from '../docker/docker.js'
import { inspectImage } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import { GZIPPED, ZSTANDARD, type PackedLayer } from './layer-file.js'
import type { ImageConfiguration } from './packed-image.js'
import type { Reference } from './reference.js'

/** A client for the repository of a reference. */
export type Repositories = (reference: Reference, signal?: AbortSignal) => RepositoryClient

/** An image of one platform as its registry has it. */
export interface PublishedImage {
  configuration: ImageConfiguration
  layers: PackedLayer[]
}

/** What a manifest stands for; undefined for an image of several platforms, or something else. */
export async function imageOf(
  client: RepositoryClient,
  manifest: StoredManifest
): Promise<PublishedImage | undefined> {
  const { config, layers } = fieldsOf(jsonOf(manifest.bytes))
  const { digest } = fieldsOf(config)
  if (!isDigest(digest) || !Array.isArray(layers) || !layers.every(isLayer)) return undefined
  const configuration = jsonOf(await client.blob(digest))
  return isConfiguration(configuration) ? { configuration, layers } : undefined
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)
}

function isLayer(value: unknown): value is PackedLayer {
  const { digest, size, mediaType } = fieldsOf(value)
  return isDigest(digest) && typeof size === 'number' && typeof mediaType === 'string'
}

function isConfiguration(value: unknown): value is ImageConfiguration {
  const { diff_ids: diffIds } = fieldsOf(fieldsOf(value)['rootfs'])
  return Array.isArray(diffIds) && diffIds.every(isDigest)
}

/** The layers of a published image that can stand in another one too, by the digest of what is in them. */
export function layersByContent({ configuration, layers }: PublishedImage): Map<string, PackedLayer> {
  const known = new Map<string, PackedLayer>()
  const diffIds = configuration.rootfs.diff_ids
  if (diffIds.length !== layers.length) return known
  layers.forEach(({ digest, size, mediaType }, index) => {
    const type = MEDIA_TYPES[mediaType]
    if (type !== undefined) known.set(diffIds[index] ?? '', { digest, size, mediaType: type })
  })
  return known
}

/** Docker's name for the same, and those that stay. */
const MEDIA_TYPES: Record<string, string> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': GZIPPED,
  [GZIPPED]: GZIPPED,
  [ZSTANDARD]: ZSTANDARD
}

/** What the image of one platform that a tag has says of itself; undefined where there is none. */
export async function publishedAt(
  repositories: Repositories,
  tag: Reference,
  signal?: AbortSignal
): Promise<{ digest: string; labels: Record<string, string> } | undefined> {
  const client = repositories(tag, signal)
  const manifest = await client.manifest(tag.tag)
  const image = manifest && (await imageOf(client, manifest))
  return manifest && image && { digest: manifest.digest, labels: image.configuration.config?.Labels ?? {} }
}

/** The one digest that all of the tags have, if each of their images has the label; a registry that does not answer has none. */
export async function publishedWith(
  repositories: Repositories,
  tags: readonly Reference[],
  label: string,
  value: string,
  info: (line: string) => void
): Promise<string | undefined> {
  const found = await Promise.all(
    tags.map(async (tag) => {
      try {
        const published = await publishedAt(repositories, tag)
        return published?.labels[label] === value ? published.digest : undefined
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        info(`${tag.text} could not be looked at: ${error.message}`)
        return undefined
      }
    })
  )
  const [digest] = new Set(found)
  return new Set(found).size === 1 ? digest : undefined
}

/** A repository that gets the image, and the tags in it. */
export interface PushTarget {
  client: RepositoryClient
  /** The same, for what has to be put back when the time for the push is over. */
  undoing: RepositoryClient
  name: string
  tags: Reference[]
  /** What the tags have now. */
  before: Map<Reference, StoredManifest | undefined>
}

/** The repositories of some tags, asked for what these have now. The signal ends what the clients do, but for their undoing. */
export async function targetsOf(
  repositories: Repositories,
  tags: readonly Reference[],
  signal: AbortSignal
): Promise<PushTarget[]> {
  const targets = new Map<string, PushTarget>()
  for (const tag of tags) {
    const name = `${tag.registry}/${tag.path}`
    const target = targets.get(name) ?? {
      client: repositories(tag, signal),
      undoing: repositories(tag),
      name: tag.repository,
      tags: [],
      before: new Map<Reference, StoredManifest | undefined>()
    }
    targets.set(name, target)
    target.tags.push(tag)
    target.before.set(tag, await withContext(target, () => target.client.manifest(tag.tag)))
  }
  return [...targets.values()]
}

/** Layers of the image that every repository has already, by their content: those of the images that the tags have now. */
export async function knownEverywhere(
  docker: Docker,
  image: string,
  targets: readonly PushTarget[]
): Promise<Map<string, PackedLayer>> {
  const known = new Map<string, PackedLayer>()
  for (const { client, before } of targets) {
    for (const manifest of before.values()) {
      const published = manifest && (await imageOf(client, manifest))
      if (published) for (const [content, layer] of layersByContent(published)) known.set(content, layer)
    }
  }
  if (known.size === 0) return known
  const own = new Set((await inspectImage(docker, image)).RootFS.Layers)
  for (const [content, { digest }] of known) {
    const there = own.has(content) && (await Promise.all(targets.map(({ client }) => client.hasBlob(digest))))
    if (!there || there.includes(false)) known.delete(content)
  }
  return known
}

/** A failure of this work says which repository it is about. */
export async function withContext<T>({ name }: PushTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error.of(`${name} could not be pushed`) : error
  }
}
