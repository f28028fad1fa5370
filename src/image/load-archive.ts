import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'
import { counted } from '../lib/counted.js'
import { digestOf } from '../lib/digest.js'
import { sizeOfLayer, tarOfLayer, type LayerPlan } from './layer-tar.js'

/** An image that Docker has, as its archive describes it. */
export interface ImageBelow {
  /** Configuration: https://github.com/opencontainers/image-spec/blob/main/config.md */
  config: Buffer
  /** Names of its layers in its archive, in their order. */
  layers: readonly string[]
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
 * already, and verifies the digest of each new one.
 */
export function archiveToLoad(image: NewImage): Readable {
  const tar = pack()
  write().catch((error: unknown) => tar.destroy(error as Error))
  return Readable.from(tar)

  async function write(): Promise<void> {
    const names: string[] = []
    const diffIds: string[] = []
    for (const [index, { plan }] of image.layers.entries()) {
      const name = `new-${index + 1}/layer.tar`
      const { stream, digest } = counted()
      await pipeline(tarOfLayer(plan), stream, tar.entry({ name, size: await sizeOfLayer(plan) }))
      names.push(name)
      diffIds.push(digest())
    }
    const config = Buffer.from(JSON.stringify(configurationWith(image, diffIds)))
    const document = `${digestOf(config).replace('sha256:', '')}.json`
    tar.entry({ name: document }, config)
    const Layers = [...image.below.layers, ...names]
    tar.entry(
      { name: 'manifest.json' },
      JSON.stringify([{ Config: document, RepoTags: [image.name], Layers }])
    )
    tar.finalize()
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
