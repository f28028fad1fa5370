import type { StoredLayer } from '../image/load-archive.js'
import { digestOf, hexOf } from '../lib/digest.js'
import { fieldsOf, jsonOf } from '../lib/json.js'
import { Failure, messageOf } from '../lib/errors.js'
import { unexpectedExport, type ImageArchive } from './image-archive.js'
import type { LayerFile } from './layer-file.js'

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

/** Returns both archives as one: the documents of the second one count. */
export function mergedArchives(below: ImageArchive, above: ImageArchive): ImageArchive {
  return {
    entries: new Map([...below.entries, ...above.entries]),
    documents: above.documents,
    links: new Map([...below.links, ...above.links])
  }
}

interface DockerManifest {
  Config: string
  Layers: string[]
}

/** Configuration of an image, and the names of the layers in its archive, in their order. */
export interface ImageDescription {
  config: Buffer
  configuration: ImageConfiguration
  layers: string[]
  /** What the manifest of the image says of its layers; undefined in the archives of older versions of Docker. */
  stored: StoredLayer[] | undefined
}

/** Returns the description of an image from its archive. Throws a Failure if the archive has not exactly that image. */
export function describeImage(image: string, archive: ImageArchive): ImageDescription {
  return ofAnyShape(() => description(image, archive))
}

/** The documents of an archive can have any shape: an error of the work means that they have another one. */
function ofAnyShape<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof Failure ? error : unexpectedExport(messageOf(error))
  }
}

function description(image: string, { documents }: ImageArchive): ImageDescription {
  const document = (name: string): Buffer => {
    const bytes = documents.get(name)
    if (!bytes) throw unexpectedExport(`${name} is missing`)
    return bytes
  }
  const [manifest, ...others] = jsonIn<DockerManifest[]>(document('manifest.json'))
  if (!manifest || others.length > 0) throw unexpectedExport('the archive does not contain exactly one image')
  const config = document(manifest.Config)
  const configuration = jsonIn<ImageConfiguration>(config)
  if (!identifies(image, digestOf(config), documents))
    throw unexpectedExport(`the archive contains another image than ${image}`)
  if (configuration.rootfs.diff_ids.length !== manifest.Layers.length)
    throw unexpectedExport('layers are missing')
  return { config, configuration, layers: manifest.Layers, stored: storedLayers(digestOf(config), documents) }
}

function storedLayers(config: string, documents: ReadonlyMap<string, Buffer>): StoredLayer[] | undefined {
  const manifests = [...documents.values()].map((bytes) => fieldsOf(jsonOf(bytes)) as StoredDocument)
  return manifests.find((manifest) => manifest.config?.digest === config)?.layers
}

function jsonIn<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString('utf8')) as T
}

/** Returns the packed image of an archive. Throws a Failure unless every layer is the one that the configuration names. */
export function assembleImage(image: string, archive: ImageArchive): PackedImage {
  return ofAnyShape(() => assembled(image, archive))
}

function assembled(image: string, archive: ImageArchive): PackedImage {
  const { entries, links } = archive
  const { config, configuration, layers: names } = describeImage(image, archive)
  const { diff_ids: diffIds } = configuration.rootfs
  const ordered = diffIds.map((diffId, index) => {
    const name = names[index] ?? ''
    const entry = entries.get(links.get(name) ?? name)
    // A layer in Zstandard is identified by the digest in its name.
    const known = entry && (entry.diffId ?? (name.endsWith(hexOf(entry.packed?.digest ?? '')) ? diffId : ''))
    if (!entry || known !== diffId) throw unexpectedExport(`layer ${index + 1} is not ${diffId}`)
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
  layers?: StoredLayer[]
  manifests?: { digest?: string }[]
}

// The id of an image is the digest of its configuration; with containerd's image store, of its manifest or index.
function identifies(id: string, config: string, documents: ReadonlyMap<string, Buffer>): boolean {
  if (id === config) return true
  const bytes = documents.get(`blobs/sha256/${hexOf(id)}`)
  if (!bytes || digestOf(bytes) !== id) return false
  const { config: own, manifests = [] } = JSON.parse(bytes.toString('utf8')) as StoredDocument
  return (
    own?.digest === config ||
    manifests.some(({ digest }) => digest !== undefined && identifies(digest, config, documents))
  )
}
