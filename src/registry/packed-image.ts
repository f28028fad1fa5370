import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { digestOf } from '../lib/digest.js'
import { Failure, messageOf } from '../lib/errors.js'
import { packLayer, type ArchivedLayer, type LayerFile } from './layer-file.js'

export interface PackedImage {
  /** Configuration of the image, byte by byte as Docker exports it. */
  config: Buffer
  configuration: ImageConfiguration
  /** Layers in the order of the image; undefined for a layer that was not packed. */
  layers: (LayerFile | undefined)[]
  /** Uncompressed sizes of the layers in bytes, in their order. */
  rawSizes: number[]
}

/** Part of the configuration of an image: https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageConfiguration {
  rootfs: { diff_ids: string[] }
  history?: { created_by?: string; empty_layer?: boolean }[]
  config?: { Labels?: Record<string, string> | null }
}

/** Maximum size of a JSON document in the archive, in bytes: larger files are layers. */
const LARGEST_DOCUMENT = 8 * 1024 * 1024

/** Maximum number of JSON documents: an image has one for each layer, and a few more. */
const MOST_DOCUMENTS = 1000

/**
 * Compresses the layers of an image into files of a folder, while Docker exports it (`docker save`). The layers in `skipped`, by
 * their uncompressed digests, are not packed. Verifies everything against the id of the image; throws a Failure of category
 * `runner` if Docker exports another image.
 */
export async function packImage(
  archive: Readable,
  image: string,
  skipped: ReadonlySet<string>,
  folder: string
): Promise<PackedImage> {
  const files: string[] = []
  try {
    return assemble(image, await packEntries(archive, skipped, folder, files))
  } catch (error) {
    await Promise.all(files.map((file) => rm(file, { force: true })))
    throw error instanceof Failure || isSystemError(error) ? error : unexpected(messageOf(error))
  }
}

/** Returns whether an error is one of the operating system, such as a full disk. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

async function packEntries(
  archive: Readable,
  skipped: ReadonlySet<string>,
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
    } else if (digest !== undefined && skipped.has(`sha256:${digest}`)) {
      entries.set(name, { rawSize: size, diffId: `sha256:${digest}`, packed: undefined })
      entry.resume()
    } else {
      const small = size <= LARGEST_DOCUMENT ? await collected(entry) : undefined
      if (name.endsWith('.json') || (small && isDocument(small))) {
        if (!small) throw unexpected(`${name} has ${size} bytes`)
        documents.set(name, small)
        if (documents.size > MOST_DOCUMENTS)
          throw unexpected(`the archive has more than ${MOST_DOCUMENTS} JSON documents`)
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

// A tar archive begins with a name, and has its magic number at offset 257.
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
  /** Links of older versions of Docker, which store a layer once. */
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
  if (!manifest || others.length > 0) throw unexpected('the archive does not contain exactly one image')
  const config = documents.get(manifest.Config)
  const configuration = parsed<ImageConfiguration>(manifest.Config)
  if (!config || !identifies(image, digestOf(config), documents))
    throw unexpected(`the archive contains another image than ${image}`)
  const { diff_ids: diffIds } = configuration.rootfs
  if (diffIds.length !== manifest.Layers.length) throw unexpected('layers are missing')
  const ordered = diffIds.map((diffId, index) => {
    const name = manifest.Layers[index] ?? ''
    const entry = entries.get(links.get(name) ?? name)
    // A layer in Zstandard is identified by the digest in its name.
    const known = entry && (entry.diffId ?? (name.endsWith(digestHex(entry.packed?.digest)) ? diffId : ''))
    if (!entry || known !== diffId) throw unexpected(`layer ${index + 1} is not ${diffId}`)
    return entry
  })
  return {
    config,
    configuration,
    layers: ordered.map(({ packed }) => packed),
    rawSizes: ordered.map(({ rawSize }) => rawSize)
  }
}

interface StoredDocument {
  config?: { digest?: string }
  manifests?: { digest?: string }[]
}

// The id of an image is the digest of its configuration; with containerd's image store, of its manifest or index.
function identifies(id: string, config: string, documents: ReadonlyMap<string, Buffer>): boolean {
  if (id === config) return true
  const bytes = documents.get(`blobs/sha256/${digestHex(id)}`)
  if (!bytes || digestOf(bytes) !== id) return false
  const { config: own, manifests = [] } = JSON.parse(bytes.toString('utf8')) as StoredDocument
  return (
    own?.digest === config ||
    manifests.some(({ digest }) => digest !== undefined && identifies(digest, config, documents))
  )
}

function digestHex(digest = ''): string {
  return digest.replace('sha256:', '')
}

function unexpected(why: string): Failure {
  return new Failure('runner', `Docker did not export the image to push: ${why}.`, {
    fix: 'Update Docker to version 24 or newer, and run the job again.'
  })
}
