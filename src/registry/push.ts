import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { digestOf } from '../lib/digest.js'
import type { Docker } from '../docker/docker.js'
import { Failure } from '../lib/errors.js'
import { instruction, type ImageLayer } from '../image/layers.js'
import { megabytes, sizeText } from '../lib/values.js'
import type { Blob } from './client.js'
import type { LayerFile, PackedLayer } from './layer-file.js'
import type { PackedImage } from './packed-image.js'
import { knownEverywhere, targetsOf, withContext, type PushTarget, type Repositories } from './published.js'
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
  /** Existing folder of the run, for the journal of the moved tags. */
  folder: string
}

/** A push to registries that have been checked. */
export interface Push {
  /** Uncompressed digests of the layers that all registries have. */
  known: ReadonlySet<string>
  /**
   * Sends the image: first its content to all repositories, then its manifest without a tag, and last moves the tags. A failure
   * before that moves no tag; a failure after it puts the moved tags back.
   */
  send: (packed: PackedImage) => Promise<Pushed>
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIGURATION = 'application/vnd.oci.image.config.v1+json'

/** Maximum size of a layer in bytes: https://docs.github.com/packages/working-with-a-github-packages-registry/working-with-the-container-registry */
const LARGEST_AT_GITHUB = 10e9

/** Reads the present tags from the registries, so that a registry that refuses ends the run early. The signal ends the whole push. */
export async function openPush(world: PushContext, request: PushRequest, signal: AbortSignal): Promise<Push> {
  const targets = await targetsOf(world.repositories, request.tags, signal)
  const known = await knownEverywhere(world.docker, request.image, targets)
  return { known: new Set(known.keys()), send: (packed) => send(world, request, { targets, known, packed }) }
}

/** An image and its destinations. */
interface Shipment {
  targets: readonly PushTarget[]
  /** Layers that all repositories have, by their uncompressed digests. */
  known: ReadonlyMap<string, PackedLayer>
  packed: PackedImage
}

async function send(world: PushContext, { folder }: PushRequest, shipment: Shipment): Promise<Pushed> {
  const { targets, packed, known } = shipment
  const layers = packed.layers.map((layer, index) => {
    const packedOrKnown = layer ?? known.get(packed.configuration.rootfs.diff_ids[index] ?? '')
    if (!packedOrKnown) throw new Error(`layer ${index} is neither packed nor known`)
    const { digest, size, mediaType } = packedOrKnown
    return { digest, size, mediaType }
  })
  const sent = await sendContent(world, shipment)
  const config = { mediaType: CONFIGURATION, digest: digestOf(packed.config), size: packed.config.length }
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers }))
  const digest = digestOf(manifest)
  for (const { client, name } of targets) {
    const given = await client.putManifest(digest, { mediaType: MANIFEST, bytes: manifest })
    if (given !== undefined && given !== digest) throw otherDigest(name, given, digest)
  }
  await moveTags(targets, { digest, mediaType: MANIFEST, bytes: manifest }, folder)
  return { digest, layers: described(packed, layers, sent) }
}

/** Sends the missing layers in parallel, and then the configuration. Returns the digests of the blobs that were sent. */
async function sendContent(
  { info, warn }: PushContext,
  { targets, packed }: Shipment
): Promise<ReadonlySet<string>> {
  const sent = new Set<string>()
  async function sendBlob(blob: Blob): Promise<void> {
    for (const target of targets) {
      await withContext(target, async () => {
        if (await target.client.hasBlob(blob.digest)) return
        await target.client.upload(blob)
        sent.add(blob.digest)
        info(`${target.name}: sent ${sizeText(blob.size)}.`)
      })
    }
  }
  async function sendLayer(layer: LayerFile): Promise<void> {
    for (const { client } of targets) {
      const warning = sizeWarning(client.registry, layer.size)
      if (warning !== undefined) warn(warning)
    }
    await sendBlob({ ...layer, open: () => createReadStream(layer.file) })
    await rm(layer.file, { force: true })
  }
  // An image can contain a layer twice, such as an empty one.
  const layers = new Set(packed.layers.filter((layer) => layer !== undefined))
  const uploads = await Promise.allSettled([...layers].map(sendLayer))
  for (const upload of uploads) if (upload.status === 'rejected') throw upload.reason
  await sendBlob({ digest: digestOf(packed.config), size: packed.config.length, open: () => packed.config })
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
