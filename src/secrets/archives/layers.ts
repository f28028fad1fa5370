import path from 'node:path'
import { createByteReader, type ByteReader } from '../../lib/byte-reader.js'
import { formatOf, HEAD } from '../../lib/formats.js'
import { fieldsOf, jsonOf } from '../../lib/json.js'
import { SNAPSHOT_DIR } from '../../lib/image-paths.js'
import type { NamedContent } from '../scan-files.js'
import { contentsOf } from './contents.js'
import type { Opener } from './opener.js'
import { partsOfTar } from './tar.js'
import { DamagedError, gunzipped } from './unpack.js'
import { unzstd } from './zstd.js'

/** What was found in the archive of an image (`docker save`); filled while its files are read. */
export interface ImageLayers {
  /** Names of the layers in the order of the image; undefined until the manifest was read. */
  order: string[] | undefined
  /** Result of each file of the archive that can be a layer: undefined for a layer of which every file was read, else the reason. */
  results: Map<string, string | undefined>
  /** Targets of links: older versions of Docker store equal layers once. */
  links: Map<string, string>
}

export function noLayers(): ImageLayers {
  return { order: undefined, results: new Map(), links: new Map() }
}

/** Returns the names of the layers in the order of the image, as its files have them. */
export function layersInOrder({ order = [], links }: ImageLayers): string[] {
  return order.map((name) => links.get(name) ?? name)
}

/** Returns why the layers of an image were not all read; undefined if every layer that the manifest names was read to its end. */
export function unreadReason(layers: ImageLayers): string | undefined {
  if (layers.order === undefined) return 'Docker exported no list of its layers'
  const reasons = layersInOrder(layers).flatMap((name, index) => {
    const reason = layers.results.has(name)
      ? layers.results.get(name)
      : 'it is missing in the export of Docker'
    return reason === undefined
      ? []
      : [`layer ${index + 1} of ${layers.order?.length} was not read: ${reason}`]
  })
  return reasons.length > 0 ? reasons.join('; ') : undefined
}

/** Maximum size of the manifest in bytes. */
const LARGEST_MANIFEST = 8 * 1024 * 1024

/** Returns the files in the layers of an image from `docker save`, and what is in their archives, such as `/app.jar!/application.yml`. */
export async function* filesOfImage(
  archive: AsyncIterable<unknown>,
  layers: ImageLayers,
  opener: Opener
): AsyncGenerator<NamedContent> {
  for await (const part of partsOfTar(createByteReader(archive))) {
    if (part.kind === 'gap') continue
    const { name, target, bytes } = part
    const reader = createByteReader(bytes)
    if (target !== undefined) layers.links.set(name, path.posix.join(path.posix.dirname(name), target))
    else if (name === 'manifest.json') layers.order = orderIn(await reader.peek(LARGEST_MANIFEST))
    else yield* filesOfLayer(name, reader, layers, opener)
  }
}

function orderIn(manifest: Buffer): string[] | undefined {
  const images = jsonOf(manifest)
  const { Layers } = fieldsOf(Array.isArray(images) ? images[0] : undefined)
  return Array.isArray(Layers) ? Layers.map(String) : undefined
}

/** Returns the files of a layer; none for other files of the archive, such as the JSON documents of the image. */
async function* filesOfLayer(
  layer: string,
  reader: ByteReader,
  { results }: ImageLayers,
  opener: Opener
): AsyncGenerator<NamedContent> {
  try {
    const tar = unpackedLayer(reader, formatOf(await reader.peek(HEAD)))
    const head = (await tar.peek(HEAD)).subarray(0, HEAD)
    // An empty layer is an empty archive: zeros.
    if (formatOf(head) !== 'tar' && (head.length < HEAD || head.some((byte) => byte !== 0))) {
      results.set(layer, 'it is not a tar archive, with or without gzip or zstd')
      return
    }
    results.set(layer, undefined)
    for await (const part of partsOfTar(tar)) {
      if (part.kind === 'gap') {
        results.set(layer, 'its tar archive is damaged')
        yield { name: '(between the files)', layer, bytes: part.bytes }
        continue
      }
      opener.allow(part.size)
      const { attributes, bytes } = part
      const name = path.posix.join('/', part.name)
      const file = { name, layer, attributes, bytes }
      // The memory of the application is not an archive.
      if (path.posix.dirname(name) === SNAPSHOT_DIR) yield file
      else yield* contentsOf(file, opener)
    }
    if ((await reader.peek(1)).length > 0) results.set(layer, 'something follows its packed archive')
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error
    results.set(layer, `it is damaged (${error.message})`)
  }
}

/** Returns the tar archive of a layer. Docker with containerd's image store keeps layers packed, as they were pulled. */
function unpackedLayer(reader: ByteReader, format: ReturnType<typeof formatOf>): ByteReader {
  if (format === 'gzip') return createByteReader(gunzipped(reader))
  return format === 'zstd' ? createByteReader(unzstd(reader)) : reader
}
