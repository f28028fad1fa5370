import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { digestOf } from '../digest.js'
import type { Engine } from '../engine/docker.js'
import { Failure } from '../errors.js'
import { instruction, type ImageLayer } from '../image/layers.js'
import { megabytes, seconds, type Milliseconds } from '../values.js'
import type { Blob, StoredManifest } from './client.js'
import { packImage, type LayerFile, type PackedImage, type PackedLayer } from './packed-image.js'
import { imageOf, layersByContent, type Repositories } from './published.js'
import type { Reference } from './reference.js'
import { moveTags, type Target } from './tags.js'

export interface Pushed {
  /** `sha256:...`, the same for every tag. */
  digest: string
  layers: ImageLayer[]
}

export interface PushWorld {
  engine: Engine
  repositories: Repositories
  info: (line: string) => void
  warn: (line: string) => void
  /** Ends the push; what it had moved is put back. */
  cancelled: AbortSignal
}

export interface PushRequest {
  /** Id of the verified image. */
  image: string
  tags: readonly Reference[]
  /** For all of it. */
  timeout: Milliseconds
  /** Existing folder of the run, for the packed layers, and the record of what is moved. */
  folder: string
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIGURATION = 'application/vnd.oci.image.config.v1+json'

/** https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry */
const LARGEST_AT_GITHUB = 10e9

/**
 * Pushes an image: to all of the repositories its content first, then its manifest without a tag, and when every one of them has
 * both, the tags. A failure before that moves no tag; one after it puts those back that were moved.
 */
export async function pushImage(world: PushWorld, request: PushRequest): Promise<Pushed> {
  const signal = AbortSignal.any([AbortSignal.timeout(request.timeout), world.cancelled])
  try {
    const targets = await targetsOf(world, request.tags, signal)
    const { manifest, layers } = await pushContent(world, request, targets, signal)
    const digest = digestOf(manifest)
    for (const { client, name } of targets) {
      const given = await client.putManifest(digest, { mediaType: MANIFEST, bytes: manifest })
      if (given !== undefined && given !== digest) throw otherDigest(name, given, digest)
    }
    await moveTags(targets, { digest, mediaType: MANIFEST, bytes: manifest }, request.folder)
    return { digest, layers }
  } catch (error) {
    if (!signal.aborted || world.cancelled.aborted) throw error
    throw new Failure('registry', `The push was not done within ${seconds(request.timeout)}.`, {
      cure: 'If the registry is only slow, raise `push-timeout`; no tag was moved, or those that were have been put back.',
      cause: error
    })
  }
}

async function targetsOf(
  { repositories }: PushWorld,
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

/** Sends what is not there; the manifest of the image. */
async function pushContent(
  { engine, info, warn }: PushWorld,
  { image, folder }: PushRequest,
  targets: readonly Target[],
  signal: AbortSignal
): Promise<{ manifest: Buffer; layers: ImageLayer[] }> {
  const known = await knownEverywhere(engine, image, targets)
  const sent = new Set<string>()
  const uploads: Promise<void>[] = []
  const files: string[] = []
  async function send(blob: Blob): Promise<void> {
    for (const target of targets) {
      await asked(target, async () => {
        if (await target.client.hasBlob(blob.digest)) return
        await target.client.upload(blob)
        sent.add(blob.digest)
        info(`${target.name}: sent ${megabytes(blob.size)}.`)
      })
    }
  }
  function sendLayer(layer: LayerFile): void {
    files.push(layer.file)
    for (const { client } of targets) {
      const warning = sizeWarning(client.registry, layer.size)
      if (warning !== undefined) warn(warning)
    }
    const upload = send({ ...layer, open: () => createReadStream(layer.file) }).finally(() =>
      rm(layer.file, { force: true })
    )
    upload.catch(() => undefined)
    uploads.push(upload)
  }
  try {
    const packed = await engine.stream(
      ['save', '--', image],
      (archive) => packImage(archive, image, new Set(known.keys()), folder, sendLayer),
      signal
    )
    const config = { digest: digestOf(packed.config), size: packed.config.length }
    await Promise.all(uploads)
    await send({ ...config, open: () => packed.config })
    const layers = packed.layers.map((layer, index) => {
      const found = layer ?? known.get(packed.configuration.rootfs.diff_ids[index] ?? '')
      if (!found) throw new Error(`layer ${index} is neither packed nor known`)
      return { digest: found.digest, size: found.size, mediaType: found.mediaType }
    })
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIGURATION, ...config },
      layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
    }
    return { manifest: Buffer.from(JSON.stringify(manifest)), layers: described(packed, layers, sent) }
  } finally {
    await Promise.allSettled(uploads)
  }
}

/** Layers of the image that every repository has already, by their content: those of the images that the tags have now. */
async function knownEverywhere(
  engine: Engine,
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
  const own = new Set(JSON.parse(await engine.run(format)) as string[])
  for (const [content, { digest }] of known) {
    const there = own.has(content) && (await Promise.all(targets.map(({ client }) => client.hasBlob(digest))))
    if (!there || there.includes(false)) known.delete(content)
  }
  return known
}

function described(
  { configuration, rawSizes }: PackedImage,
  layers: readonly PackedLayer[],
  sent: ReadonlySet<string>
): ImageLayer[] {
  const made = (configuration.history ?? []).filter(({ empty_layer }) => empty_layer !== true)
  return layers.map(({ digest, size }, index) => ({
    createdBy: instruction(made[index]?.created_by ?? ''),
    rawSize: rawSizes[index] ?? 0,
    size,
    sent: sent.has(digest)
  }))
}

/** Said before a layer is sent that the registry will not take; undefined where nothing is known against it. */
export function sizeWarning(registry: string, size: number): string | undefined {
  if (registry !== 'ghcr.io' || size <= LARGEST_AT_GITHUB) return undefined
  return `A layer has ${megabytes(size)}: ghcr.io takes 10 GB at most, and ten minutes for each. A smaller heap (\`java-options: -Xmx...\`) makes the snapshot smaller.`
}

/** A failure of this work says which repository it is about. */
async function asked<T>({ name }: Target, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Failure ? error.of(`${name} could not be pushed`) : error
  }
}

function otherDigest(name: string, given: string, digest: string): Failure {
  return new Failure('registry', `${name} is ${given} at the registry, and ${digest} was pushed.`, {
    cure: 'Something changes images on their way to the registry: find out what (a proxy, a mirror), and run the job again.'
  })
}
