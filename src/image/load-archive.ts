import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { counted } from '../lib/counted.js'
import { digestOf, hexOf } from '../lib/digest.js'
import { OCI_CONFIGURATION, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from '../lib/oci.js'
import type { Bytes } from '../lib/values.js'
import { sizeOfLayer, tarOfLayer, type LayerPlan } from './layer-tar.js'

/** An image that Docker has, as its archive describes it. */
export interface ImageBelow {
  /** Configuration: https://github.com/opencontainers/image-spec/blob/main/config.md */
  config: Buffer
  /** Names of its layers in its archive, in their order. */
  layers: readonly string[]
  /** What its manifest says of them; undefined where Docker does not keep manifests. */
  stored: readonly StoredLayer[] | undefined
}

/** Descriptor of a layer: https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface StoredLayer {
  mediaType: string
  digest: string
  size: Bytes
}

/** A layer that is added to an image. */
export interface AddedLayer {
  /** How the layer was made, for the history of the image. */
  createdBy: string
  plan: LayerPlan
}

/** The image that an archive for `docker load` describes. */
export interface NewImage {
  name: string
  labels: Readonly<Record<string, string>>
  below: ImageBelow
  layers: readonly AddedLayer[]
  created: Date
}

/**
 * Returns an archive for `docker load` that has only the new layers of an image: Docker takes those below from the image that has them
 * already, and verifies the digest of each new one. Docker itself reads manifest.json; containerd's image store, which would need
 * every layer that manifest.json names (https://github.com/moby/moby/issues/46746), reads the layout of OCI.
 */
export function archiveToLoad(image: NewImage): Readable {
  const tar = pack()
  write().catch((error: unknown) => tar.destroy(error as Error))
  return Readable.from(tar)

  async function write(): Promise<void> {
    const names: string[] = []
    const added: StoredLayer[] = []
    for (const [index, { plan }] of image.layers.entries()) {
      const name = `new-${index + 1}/layer.tar`
      const { stream, digest } = counted()
      const size = await sizeOfLayer(plan)
      await pipeline(tarOfLayer(plan), stream, tar.entry({ name, size }))
      names.push(name)
      added.push({ mediaType: OCI_LAYER, digest: digest(), size })
    }
    const diffIds = added.map(({ digest }) => digest)
    const config = Buffer.from(JSON.stringify(configurationWith(image, diffIds)))
    const document = `${hexOf(digestOf(config))}.json`
    tar.entry({ name: document }, config)
    const { stored } = image.below
    const layout = stored ? ociLayout(image.name, config, [...stored, ...added]) : {}
    for (const [name, content] of Object.entries(layout)) tar.entry({ name }, content)
    const Layers = [...image.below.layers, ...names]
    tar.entry(
      { name: 'manifest.json' },
      JSON.stringify([{ Config: document, RepoTags: [image.name], Layers }])
    )
    tar.finalize()
  }
}

/** Returns the files of a layout that has one image: https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
function ociLayout(name: string, config: Buffer, layers: readonly StoredLayer[]): Record<string, Buffer> {
  const schemaVersion = 2
  const describe = (mediaType: string, bytes: Buffer): StoredLayer => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length
  })
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
  const manifest = json({
    schemaVersion,
    mediaType: OCI_MANIFEST,
    config: describe(OCI_CONFIGURATION, config),
    layers
  })
  // containerd has no default registry.
  const annotations = { 'io.containerd.image.name': `docker.io/${name}` }
  const manifests = [{ ...describe(OCI_MANIFEST, manifest), annotations }]
  return {
    [`blobs/sha256/${hexOf(digestOf(manifest))}`]: manifest,
    'index.json': json({ schemaVersion, mediaType: OCI_INDEX, manifests }),
    'oci-layout': json({ imageLayoutVersion: '1.0.0' })
  }
}

interface Configuration {
  config?: { Labels?: Record<string, string> | null }
  history?: object[]
  rootfs: { diff_ids: string[] }
}

function configurationWith(
  { below, labels, layers, created }: NewImage,
  diffIds: readonly string[]
): Configuration {
  const before = JSON.parse(below.config.toString('utf8')) as Configuration
  const time = created.toISOString()
  return {
    ...before,
    ...{ created: time },
    config: { ...before.config, Labels: { ...before.config?.Labels, ...labels } },
    history: [
      ...(before.history ?? []),
      ...layers.map(({ createdBy }) => ({ created: time, created_by: createdBy }))
    ],
    rootfs: { ...before.rootfs, diff_ids: [...before.rootfs.diff_ids, ...diffIds] }
  }
}
