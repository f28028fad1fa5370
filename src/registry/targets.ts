import type { Docker } from '../docker/docker.js'
import { Failure } from '../lib/errors.js'
import type { RepositoryClient, StoredManifest } from './client.js'
import type { PackedLayer } from './layer-file.js'
import { imageOf, layersByContent, type Repositories } from './published.js'
import type { Reference } from './reference.js'

/** A repository that gets the image, and the tags in it. */
export interface Target {
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
): Promise<Target[]> {
  const targets = new Map<string, Target>()
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
    target.before.set(tag, await asked(target, () => target.client.manifest(tag.tag)))
  }
  return [...targets.values()]
}

/** Layers of the image that every repository has already, by their content: those of the images that the tags have now. */
export async function knownEverywhere(
  docker: Docker,
  image: string,
  targets: readonly Target[]
): Promise<Map<string, PackedLayer>> {
  const known = new Map<string, PackedLayer>()
  for (const { client, before } of targets) {
    for (const manifest of before.values()) {
      const published = manifest && (await imageOf(client, manifest))
      if (published) for (const [content, layer] of layersByContent(published)) known.set(content, layer)
    }
  }
  if (known.size === 0) return known
  const format = ['image', 'inspect', '--format', '{{json .RootFS.Layers}}', '--', image]
  const own = new Set(JSON.parse(await docker.run(format)) as string[])
  for (const [content, { digest }] of known) {
    const there = own.has(content) && (await Promise.all(targets.map(({ client }) => client.hasBlob(digest))))
    if (!there || there.includes(false)) known.delete(content)
  }
  return known
}

/** A failure of this work says which repository it is about. */
export async function asked<T>({ name }: Target, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error.of(`${name} could not be pushed`) : error
  }
}
