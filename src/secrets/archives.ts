import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflateRaw, inflateRawSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { fromBufferPromise } from 'yauzl'
import { fieldsOf, jsonOf } from '../lib/json.js'
import { isGzip, isZstandard, peek } from '../lib/peek.js'
import type { Content } from './scan-files.js'

/** Of the jars that are read into memory to be unpacked, in bytes; a larger one is looked at as it is. */
const LARGEST_JAR = 256 * 1024 * 1024
/** An application's jar can have libraries in it as jars, and those hardly anything. */
const DEEPEST_JAR = 2

interface File extends Content {
  /** In bytes. */
  size: number
}

/** What an image's archive tells beside its files. */
export interface ImageLayers {
  /** Names of the layers in the order of the image; undefined as long as it was not told. */
  order: string[] | undefined
  /** Those that nothing was read of, since they are packed with Zstandard. */
  unread: string[]
}

/** The files of a tar archive, such as `docker cp CONTAINER:FOLDER -` writes it; their names are below `root`. */
export async function* filesOfTar(archive: Readable, root: string): AsyncGenerator<File> {
  const tar = extract()
  const reading = pipeline(archive, tar)
  reading.catch(() => undefined)
  for await (const entry of tar) {
    const { name, linkname, size = 0 } = entry.header
    // Where a link leads to is text like any other.
    const bytes = linkname ? [Buffer.from(linkname)] : (entry as AsyncIterable<Buffer>)
    yield { name: path.posix.join(root, name), bytes, size }
    entry.resume()
  }
  await reading
}

/** The files in the layers of an image, from `docker save`; of a jar also what is in it, as `/app.jar!/application.yml`. */
export async function* filesOfImage(archive: Readable, layers: ImageLayers): AsyncGenerator<Content> {
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

/** A layer as a tar archive; undefined for what is none, such as the documents that describe the image. */
function layerOf(head: Buffer, all: () => AsyncIterable<Buffer>): Readable | undefined {
  if (head.toString('latin1', 257, 262) === 'ustar') return Readable.from(all())
  // An engine with containerd's image store keeps layers as they came.
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

async function* withJars(file: File, depth: number): AsyncGenerator<Content> {
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
    // No jar, or a broken one: its bytes have been looked at.
  }
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.4.5 */
const DEFLATED = 8

/** Of what is inflated at once, in bytes: a jar has thousands of small files, and a stream for each takes several times as long. */
const SMALL = 1024 * 1024

/** What can be read of bytes that may be broken, and more or fewer than they say. */
async function* inflated(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  const small = size <= SMALL ? inflatedAtOnce(bytes) : undefined
  if (small !== undefined) {
    yield small
    return
  }
  try {
    for await (const piece of Readable.from([bytes]).pipe(createInflateRaw())) yield piece as Buffer
  } catch {
    // It has been looked at up to there.
  }
}

function inflatedAtOnce(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: SMALL })
  } catch {
    return undefined
  }
}
