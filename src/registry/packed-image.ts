import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { digestOf } from '../lib/digest.js'
import { Failure, messageOf } from '../lib/errors.js'
import { packLayer, type ArchivedLayer, type LayerFile } from './layer-file.js'

export interface PackedImage {
  /** The image's configuration, as the engine has it. */
  config: Buffer
  configuration: ImageConfiguration
  /** In the order of the image: the layer that was packed, or undefined for one that was left out. */
  layers: (LayerFile | undefined)[]
  /** Of the layers as tar archives, in their order. */
  rawSizes: number[]
}

/** What of https://github.com/opencontainers/image-spec/blob/main/config.md matters here. */
export interface ImageConfiguration {
  rootfs: { diff_ids: string[] }
  history?: { created_by?: string; empty_layer?: boolean }[]
  config?: { Labels?: Record<string, string> | null }
}

/** Larger files of the archive are layers; JSON documents are some kilobytes. */
const LARGEST_DOCUMENT = 8 * 1024 * 1024

/** An image has one for each layer, and a few more. */
const MOST_DOCUMENTS = 1000

/**
 * Packs the layers of an image, while the engine writes it out (`docker save`), into files of a folder. Layers in
 * `left` are left out. Everything is held against the id of the image: a Failure if the engine sent another one.
 */
export async function packImage(
  archive: Readable,
  image: string,
  left: ReadonlySet<string>,
  folder: string
): Promise<PackedImage> {
  const files: string[] = []
  try {
    return assemble(image, await packEntries(archive, left, folder, files))
  } catch (error) {
    await Promise.all(files.map((file) => rm(file, { force: true })))
    throw error instanceof Failure || isOfSystem(error) ? error : unexpected(messageOf(error))
  }
}

/** A full disk, and the like. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

async function packEntries(
  archive: Readable,
  left: ReadonlySet<string>,
  folder: string,
  files: string[]
): Promise<Archive> {
  const entries = new Map<string, ArchivedLayer>()
  const documents = new Map<string, Buffer>()
  const links = new Map<string, string>()
  const parser = extract()
  const sending = pipeline(archive, parser)
  sending.catch(() => undefined)
  for await (const entry of parser) {
    const { name, type, linkname, size = 0 } = entry.header
    if (type === 'symlink' && linkname) links.set(name, path.posix.join(path.posix.dirname(name), linkname))
    const digest = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
    const isBlob = digest !== undefined || path.posix.basename(name) === 'layer.tar'
    if (type !== 'file' || (!isBlob && !name.endsWith('.json'))) {
      entry.resume()
    } else if (digest !== undefined && left.has(`sha256:${digest}`)) {
      entries.set(name, { rawSize: size, diffId: `sha256:${digest}`, packed: undefined })
      entry.resume()
    } else {
      const small = size <= LARGEST_DOCUMENT ? await collected(entry) : undefined
      if (name.endsWith('.json') || (small && isDocument(small))) {
        if (!small) throw unexpected(`${name} has ${size} bytes`)
        documents.set(name, small)
        if (documents.size > MOST_DOCUMENTS) throw unexpected(`it has more than ${MOST_DOCUMENTS} documents`)
        continue
      }
      const packed = await packLayer(small ? Readable.from([small]) : entry, folder)
      entries.set(name, packed)
      if (packed.packed) files.push(packed.packed.file)
    }
  }
  await sending
  return { entries, documents, links }
}

// A tar archive begins with a name, and has its magic at 257.
function isDocument(bytes: Buffer): boolean {
  return bytes.at(0) === 0x7b && bytes.toString('latin1', 257, 262) !== 'ustar'
}

async function collected(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

interface Archive {
  entries: ReadonlyMap<string, ArchivedLayer>
  documents: ReadonlyMap<string, Buffer>
  /** Older engines store a layer once, and link to it. */
  links: ReadonlyMap<string, string>
}

interface DockerManifest {
  Config: string
  Layers: string[]
}

function assemble(image: string, { entries, documents, links }: Archive): PackedImage {
  const parsed = <T>(name: string): T => {
    const bytes = documents.get(name)
    if (!bytes) throw unexpected(`${name} is missing`)
    return JSON.parse(bytes.toString('utf8')) as T
  }
  const [manifest, ...others] = parsed<DockerManifest[]>('manifest.json')
  if (!manifest || others.length > 0) throw unexpected('it is not one image')
  const config = documents.get(manifest.Config)
  const configuration = parsed<ImageConfiguration>(manifest.Config)
  if (!config || !isOf(image, digestOf(config), documents)) throw unexpected(`it is not the image ${image}`)
  const { diff_ids: diffIds } = configuration.rootfs
  if (diffIds.length !== manifest.Layers.length) throw unexpected('layers are missing')
  const found = diffIds.map((diffId, index) => {
    const name = manifest.Layers[index] ?? ''
    const entry = entries.get(links.get(name) ?? name)
    // A layer in Zstandard is known by the digest in its name.
    const known = entry && (entry.diffId ?? (name.endsWith(digestHex(entry.packed?.digest)) ? diffId : ''))
    if (!entry || known !== diffId) throw unexpected(`layer ${index + 1} is not ${diffId}`)
    return entry
  })
  return {
    config,
    configuration,
    layers: found.map(({ packed }) => packed),
    rawSizes: found.map(({ rawSize }) => rawSize)
  }
}

interface StoredDocument {
  config?: { digest?: string }
  manifests?: { digest?: string }[]
}

// The id of an image is the digest of its configuration; with containerd's image store it is that of its manifest or index.
function isOf(id: string, config: string, documents: ReadonlyMap<string, Buffer>): boolean {
  if (id === config) return true
  const bytes = documents.get(`blobs/sha256/${digestHex(id)}`)
  if (!bytes || digestOf(bytes) !== id) return false
  const { config: own, manifests = [] } = JSON.parse(bytes.toString('utf8')) as StoredDocument
  return (
    own?.digest === config ||
    manifests.some(({ digest }) => digest !== undefined && isOf(digest, config, documents))
  )
}

function digestHex(digest = ''): string {
  return digest.replace('sha256:', '')
}

function unexpected(why: string): Failure {
  return new Failure('runner', `The engine did not give the image that was to be pushed: ${why}.`, {
    fix: 'Use a Docker engine of version 24 or newer, and run the job again.'
  })
}
