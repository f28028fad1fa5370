import { rm } from 'node:fs/promises'
import { digestOf } from '../lib/digest.js'
import { OCI_CONFIGURATION, OCI_MANIFEST } from '../lib/oci.js'
import type { Docker } from '../docker/docker.js'
import { Failure } from '../lib/errors.js'
import { instruction, type ImageLayer } from '../image/layers.js'
import { megabytes } from '../lib/values.js'
import type { EarlyPush } from './early-push.js'
import { givenLayers } from './given-layers.js'
import { knownEverywhere } from './known-layers.js'
import type { PackedLayer } from './layer-file.js'
import type { PackedImage } from './packed-image.js'
import { targetsOf, type PushTarget, type Repositories } from './published.js'
import { sendBlob, sendLayers } from './send.js'
import type { Reference } from './reference.js'
import { moveTags } from './tags.js'

export interface Pushed {
  /** Digest of the manifest, `sha256:...`: the same for every tag. */
  digest: string
  layers: ImageLayer[]
}

export interface PushContext {
  docker: Docker
  repositories: Repositories
  info: (line: string) => void
  warn: (line: string) => void
}

export interface PushRequest {
  image: string
  tags: readonly Reference[]
  /** Names with digests (`repository@sha256:...`) of the input `image` or `base-image`. */
  from: readonly string[]
  /** Existing folder of the run, for the journal of the moved tags. */
  folder: string
}

/** What a push does besides sending the image. */
export interface PushExtras {
  /** Annotations of the manifest. */
  annotations: Readonly<Record<string, string>>
  /** Layers that were sent before. */
  early?: EarlyPush | undefined
}

/** A push to registries that have been checked. */
export interface Push {
  /** Layers that all registries have, by their uncompressed digests. */
  known: ReadonlyMap<string, PackedLayer>
  /**
   * Sends the image: first its content to all repositories, then its manifest without a tag, and last moves the tags. A failure
   * before that moves no tag; a failure after it puts the moved tags back.
   */
  send: (packed: PackedImage, extras: PushExtras) => Promise<Pushed>
}

/** Maximum size of a layer in bytes: https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry */
const LARGEST_AT_GITHUB = 10e9

/** Reads the present tags from the registries, so that a registry that refuses ends the run early. The signal ends the whole push. */
export async function openPush(world: PushContext, request: PushRequest, signal: AbortSignal): Promise<Push> {
  const targets = await targetsOf(world.repositories, request.tags, signal)
  const given = await givenLayers(world.repositories, request.from, request.tags, signal)
  // What an early push has taken over after the scan is known here, and no more is taken over.
  const { known } = await knownEverywhere(world.docker, request.image, targets, given)
  return { known, send: (packed, extras) => send(world, request, { targets, known, packed, ...extras }) }
}

/** An image and its destinations. */
interface Shipment extends PushExtras {
  targets: readonly PushTarget[]
  /** Layers that all repositories have, by their uncompressed digests. */
  known: ReadonlyMap<string, PackedLayer>
  packed: PackedImage
}

async function send(world: PushContext, { folder }: PushRequest, shipment: Shipment): Promise<Pushed> {
  const { targets, packed, known, annotations, early } = shipment
  const layers = packed.layers.map((layer, index) => {
    const diffId = packed.configuration.rootfs.diff_ids[index] ?? ''
    const packedOrKnown = layer ?? known.get(diffId) ?? early?.known.get(diffId)
    if (!packedOrKnown) throw new Error(`layer ${index} is neither packed nor known`)
    const { digest, size, mediaType } = packedOrKnown
    return { digest, size, mediaType }
  })
  await early?.settled()
  for (const line of early?.notes ?? []) world.info(line)
  const sent = new Set([...(early?.sent ?? []), ...(await sendContent(world, shipment))])
  early?.keep(layers.map(({ digest }) => digest))
  const config = { mediaType: OCI_CONFIGURATION, digest: digestOf(packed.config), size: packed.config.length }
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {})
    })
  )
  const digest = digestOf(manifest)
  for (const { client, name } of targets) {
    const given = await client.putManifest(digest, { mediaType: OCI_MANIFEST, bytes: manifest })
    if (given !== undefined && given !== digest) throw otherDigest(name, given, digest)
  }
  const taken = await moveTags(targets, { digest, mediaType: OCI_MANIFEST, bytes: manifest }, folder)
  for (const { text } of taken)
    world.info(`Another job moved ${text} to its own image right after this one; this image has its digest.`)
  return { digest, layers: described(packed, layers, sent) }
}

/** Sends the missing layers and then the configuration. Returns the digests of the blobs that were sent. */
async function sendContent(
  { info, warn }: PushContext,
  { targets, packed }: Shipment
): Promise<ReadonlySet<string>> {
  const sent = new Set<string>()
  // An image can contain a layer twice, such as an empty one.
  const layers = new Set(packed.layers.filter((layer) => layer !== undefined))
  for (const { client } of targets) {
    for (const { size } of layers) {
      const warning = sizeWarning(client.registry, size)
      if (warning !== undefined) warn(warning)
    }
  }
  await sendLayers({ targets, info }, [...layers], sent)
  await Promise.all([...layers].map((layer) => rm(layer.file, { force: true })))
  const config = { digest: digestOf(packed.config), size: packed.config.length, open: () => packed.config }
  await sendBlob({ targets, info }, config, sent)
  return sent
}

function described(
  { configuration, rawSizes }: PackedImage,
  layers: readonly PackedLayer[],
  sent: ReadonlySet<string>
): ImageLayer[] {
  const instructions = (configuration.history ?? []).filter(({ empty_layer }) => empty_layer !== true)
  return layers.map(({ digest, size }, index) => ({
    createdBy: instruction(instructions[index]?.created_by ?? ''),
    rawSize: rawSizes[index] ?? 0,
    size,
    sent: sent.has(digest)
  }))
}

/** Returns a warning about a layer that is larger than the registry accepts; undefined for any other. */
export function sizeWarning(registry: string, size: number): string | undefined {
  if (registry !== 'ghcr.io' || size <= LARGEST_AT_GITHUB) return undefined
  return `A layer has ${megabytes(size)}: ghcr.io accepts at most 10 GB and ten minutes per layer. Set a smaller heap (\`java-options: -Xmx...\`) for a smaller snapshot.`
}

function otherDigest(name: string, given: string, digest: string): Failure {
  return new Failure('registry', `${name}: the registry has ${given}, but ${digest} was pushed.`, {
    fix: 'Find out what changes images on their way to the registry, such as a proxy or a mirror, and run the job again.'
  })
}

export async function tagImage(docker: Docker, image: string, tags: readonly Reference[]): Promise<void> {
  for (const tag of tags) await docker.run(['tag', image, tag.text])
}
