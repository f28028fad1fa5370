import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { JDK_LAYER_LABEL } from '../image/labels.js'
import { instruction } from '../image/layers.js'
import { counted } from '../lib/counted.js'
import { requireDiskSpace } from '../lib/disk.js'
import { PRIVATE_FILE } from '../lib/modes.js'
import { GZIPPED, type PackedLayer } from './layer-file.js'
import { imageOf, layersByContent, ONE_TRY, type PublishedImage, type Repositories } from './published.js'
import type { Reference } from './reference.js'

/** The instruction of docker/Dockerfile that makes the layer with the JDK. */
const JDK = 'COPY /trees/jdk/ /'

/**
 * Downloads the layer with the JDK of the image that a tag has now into a file, and verifies its digest, if the label of the image says that
 * the layer was made of what the key stands for. Returns the name of that image with its digest, or why its layer is not used.
 */
export async function fetchJdkLayer(
  repositories: Repositories,
  tag: Reference,
  key: string,
  file: string,
  signal: AbortSignal
): Promise<{ from: string } | { reason: string }> {
  const client = repositories(tag, signal, ONE_TRY)
  const manifest = await client.manifest(tag.tag)
  const image = manifest && (await imageOf(client, manifest))
  if (!manifest || !image) return { reason: `${tag.text} has no image of one platform` }
  const from = `${tag.text}@${manifest.digest}`
  if (image.configuration.config?.Labels?.[JDK_LAYER_LABEL] !== key)
    return { reason: `${from} has another JDK, or a layer of another version of the action` }
  const layer = jdkLayerOf(image)
  if (layer?.mediaType !== GZIPPED)
    return { reason: `${from} has no layer with the JDK that is packed with gzip` }
  await requireDiskSpace(path.dirname(file), layer.size, 'the layer with the JDK')
  await client.readBlob(layer.digest, async (bytes) => {
    await rm(file, { force: true })
    const { stream, digest } = counted()
    await pipeline(
      bytes,
      atMost(layer.size),
      stream,
      createWriteStream(file, { flags: 'wx', mode: PRIVATE_FILE })
    )
    return digest()
  })
  return { from }
}

/** Returns the layer with the JDK; of several, the uppermost. */
function jdkLayerOf(image: PublishedImage): PackedLayer | undefined {
  const { history = [], rootfs } = image.configuration
  const instructions = history
    .filter(({ empty_layer: empty }) => empty !== true)
    .map(({ created_by: createdBy = '' }) => instruction(createdBy))
  // A base image may have a history of other steps than its layers.
  if (instructions.length !== rootfs.diff_ids.length) return undefined
  return layersByContent(image).get(rootfs.diff_ids[instructions.lastIndexOf(JDK)] ?? '')
}

/** Returns a function that passes bytes through, and fails after more than that size. */
function atMost(size: number): (bytes: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (bytes) {
    let seen = 0
    for await (const piece of bytes) {
      seen += piece.length
      if (seen > size) throw new Error(`it is larger than ${size} bytes`)
      yield piece
    }
  }
}
