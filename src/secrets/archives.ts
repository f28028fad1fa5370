import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { fromBufferPromise } from 'yauzl'
import { fieldsOf, jsonOf } from '../lib/json.js'
import { isGzip, isZstandard, peek } from '../lib/peek.js'
import type { NamedContent } from './scan-files.js'

/** Maximum size of a jar that is read into memory and unpacked, in bytes; a larger one is scanned as it is. */
const LARGEST_JAR = 256 * 1024 * 1024
/** Maximum depth of jars in jars: the jar of an application can contain libraries as jars. */
const DEEPEST_JAR = 2

interface ArchivedFile extends NamedContent {
  /** Size in bytes. */
  size: number
}

/** Layers in the archive of an image; filled while its files are read. */
export interface ImageLayers {
  /** Names of the layers in the order of the image; undefined until the manifest was read. */
  order: string[] | undefined
  /** Names of the layers that were not read, since they are compressed with Zstandard. */
  unread: string[]
}

/** Returns the files of a tar archive, such as that of `docker cp CONTAINER:FOLDER -`, with names below `root`. */
export async function* filesOfTar(archive: Readable, root: string): AsyncGenerator<ArchivedFile> {
  const tar = extract()
  const reading = pipeline(archive, tar)
  reading.catch(() => undefined)
  for await (const entry of tar) {
    const { name, linkname, size = 0 } = entry.header
    // The target of a link can contain a secret too.
    const bytes = linkname ? [Buffer.from(linkname)] : (entry as AsyncIterable<Buffer>)
    yield { name: path.posix.join(root, name), bytes, size }
    entry.resume()
  }
  await reading
}

/** Returns the files in the layers of an image from `docker save`, and the files in jars, such as `/app.jar!/application.yml`. */
export async function* filesOfImage(archive: Readable, layers: ImageLayers): AsyncGenerator<NamedContent> {
  for await (const { name, bytes } of filesOfTar(archive, '')) {
    const { head, all } = await peek(Readable.from(bytes))
    const layer = layerOf(head, all)
    if (layer !== undefined) {
      for await (const file of filesOfTar(layer, '/'))
        for await (const content of withJars(file, DEEPEST_JAR)) yield { ...content, layer: name }
    } else if (isZstandard(head)) {
      layers.unread.push(name)
    } else if (name === 'manifest.json') {
      layers.order = orderIn(await buffer(all()))
    }
  }
}

/** Returns a layer as a tar archive; undefined for other files, such as the JSON documents of the image. */
function layerOf(head: Buffer, all: () => AsyncIterable<Buffer>): Readable | undefined {
  if (head.toString('latin1', 257, 262) === 'ustar') return Readable.from(all())
  // Docker with containerd's image store keeps layers compressed, as they were pulled.
  if (!isGzip(head)) return undefined
  const unpacked = createGunzip()
  pipeline(all(), unpacked).catch(() => undefined)
  return unpacked
}

function orderIn(manifest: Buffer): string[] | undefined {
  const images = jsonOf(manifest)
  const { Layers } = fieldsOf(Array.isArray(images) ? images[0] : undefined)
  return Array.isArray(Layers) ? Layers.map(String) : undefined
}

async function* withJars(file: ArchivedFile, depth: number): AsyncGenerator<NamedContent> {
  if (depth === 0 || !/\.[jw]ar$/.test(file.name) || file.size > LARGEST_JAR) {
    yield file
    return
  }
  const bytes = await buffer(Readable.from(file.bytes))
  yield { name: file.name, bytes: [bytes] }
  try {
    const jar = await fromBufferPromise(bytes)
    for await (const entry of jar.eachEntry()) {
      const { fileName, uncompressedSize: size } = entry
      const { fileDataStart } = await jar.readLocalFileHeaderPromise(entry, { minimal: true })
      const stored = bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize)
      const content = entry.compressionMethod === DEFLATED ? inflated(stored, size) : [stored]
      yield* withJars({ name: `${file.name}!/${fileName}`, bytes: content, size }, depth - 1)
    }
  } catch {
    // Not a jar, or a damaged one: its bytes were scanned above.
  }
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.4.5 */
const DEFLATED = 8

/** Maximum size of a file that is inflated without a stream, in bytes: streams for thousands of small files take several times as long. */
const SMALL = 1024 * 1024

/** Returns what can be inflated of bytes that may be damaged, or of another size than declared. */
async function* inflated(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  const small = size <= SMALL ? inflatedAtOnce(bytes) : undefined
  if (small !== undefined) {
    yield small
    return
  }
  try {
    for await (const piece of Readable.from([bytes]).pipe(createInflateRaw())) yield piece as Buffer
  } catch {
    // The bytes before the damage were scanned.
  }
}

function inflatedAtOnce(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: SMALL })
  } catch {
    return undefined
  }
}
