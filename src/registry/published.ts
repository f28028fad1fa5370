import { FINGERPRINT_LABEL } from '../image/labels.js'
import { Failure } from '../lib/errors.js'
import type { RetryPolicy } from '../http/retry.js'
import type { Log } from '../lib/log.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import { GZIPPED, ZSTANDARD, type PackedLayer } from './layer-file.js'
import type { ImageConfiguration } from './packed-image.js'
import type { Reference } from './reference.js'

/**
 * Returns a client for the repository of a reference; the signal ends its requests. `policy` says how often a request is tried.
 */
export type Repositories = (
  reference: Reference,
  signal?: AbortSignal,
  policy?: RetryPolicy
) => RepositoryClient

/** The policy for what a run can do without. */
export const ONE_TRY: RetryPolicy = { tries: 1, longestWait: 0 }

export interface PublishedImage {
  configuration: ImageConfiguration
  /** Labels of the image, and the annotations of its manifest. */
  facts: Record<string, string>
  layers: PackedLayer[]
}

/** Returns the image of a manifest; undefined if it is not an image of one platform. */
export async function imageOf(
  client: RepositoryClient,
  manifest: StoredManifest
): Promise<PublishedImage | undefined> {
  const { config, layers, annotations } = fieldsOf(jsonOf(manifest.bytes))
  const { digest } = fieldsOf(config)
  if (!isDigest(digest) || !Array.isArray(layers) || !layers.every(isLayer)) return undefined
  const configuration = jsonOf(await client.blob(digest))
  if (!isConfiguration(configuration)) return undefined
  return { configuration, layers, facts: { ...configuration.config?.Labels, ...textsOf(annotations) } }
}

function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(fieldsOf(value))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  )
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

/** Returns the layers of a published image that other images can reuse, by their uncompressed digests. */
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

/** Media types of reusable layers, with the type that our manifests use for them. */
const MEDIA_TYPES: Record<string, string> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': GZIPPED,
  [GZIPPED]: GZIPPED,
  [ZSTANDARD]: ZSTANDARD
}

/** Returns the digest, the labels and the annotations of the image of a tag; undefined if the tag has no image of one platform. */
export async function publishedAt(
  repositories: Repositories,
  tag: Reference,
  signal?: AbortSignal
): Promise<{ digest: string; facts: Record<string, string> } | undefined> {
  const client = repositories(tag, signal)
  const manifest = await client.manifest(tag.tag)
  const image = manifest && (await imageOf(client, manifest))
  return manifest && image && { digest: manifest.digest, facts: image.facts }
}

/**
 * Returns the digest that all tags have if its image has the fingerprint; undefined without `skip-unchanged`. A registry that does not
 * respond has no image.
 */
export async function findUnchanged(
  log: Log,
  { skipUnchanged, tags }: { skipUnchanged: boolean; tags: readonly Reference[] },
  { repositories, cancelled }: { repositories: Repositories; cancelled: AbortSignal },
  fingerprint: string
): Promise<string | undefined> {
  log.info(`Fingerprint of the image: ${fingerprint}.`)
  if (!skipUnchanged) return undefined
  const found = await Promise.all(
    tags.map(async (tag) => {
      try {
        const published = await publishedAt(repositories, tag, cancelled)
        return published?.facts[FINGERPRINT_LABEL] === fingerprint ? published.digest : undefined
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        log.info(`${tag.text} could not be read: ${error.message}`)
        return undefined
      }
    })
  )
  const digest = new Set(found).size === 1 ? found[0] : undefined
  log.info(
    digest ? `Unchanged: already published as ${digest}.` : 'No tag has an image with this fingerprint.'
  )
  return digest
}

export interface PushTarget {
  client: RepositoryClient
  /** Client without the time limit of the push: it puts tags back when that has expired. */
  rollback: RepositoryClient
  name: string
  tags: Reference[]
  /** Manifests that the tags had before the push. */
  before: Map<Reference, StoredManifest | undefined>
}

/** Returns the repositories of the tags, with their present manifests. The signal ends all requests but those of `rollback`. */
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
      rollback: repositories(tag),
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

/** Adds the name of the repository to a failure of the work. */
export async function withContext<T>({ name }: PushTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error.of(`${name} could not be pushed`) : error
  }
}
