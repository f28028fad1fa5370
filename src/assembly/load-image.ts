import path from 'node:path'
import type { Context } from '../docker/context.js'
import { inspectImage } from '../docker/inspect.js'
import { namesOf } from '../docker/names.js'
import { archiveToLoad, type AddedLayer } from '../image/load-archive.js'
import { planTreeLayer } from '../image/tree-layer.js'
import { readByAll } from '../lib/tee.js'
import { readImageArchive } from '../registry/image-archive.js'
import { describeImage, mergedArchives } from '../registry/packed-image.js'
import type { ReadImage } from '../registry/scan-and-pack.js'
import { mergedScans, scanImage } from '../secrets/image.js'
import { mayBeSent, searchedSnapshot, type SnapshotInImage } from '../secrets/search.js'
import { packedLayers, type LowerLayers } from './lower-layers.js'
import { planSnapshotLayer } from './snapshot-layer.js'

export interface SnapshotParts {
  /** Build context, whose tree `archive` has the archive of classes. */
  context: string
  /** Whether there is an archive of classes. */
  archive: boolean
  snapshot: SnapshotInImage
  user: { uid: number; gid: number }
  labels: Readonly<Record<string, string>>
}

/** An image that Docker has loaded, and whose layers were read on the way. */
export interface LoadedImage {
  id: string
  read: ReadImage
}

/**
 * Adds the archive of classes and the snapshot to the image below them. The snapshot leaves its container once: the same bytes go to
 * Docker, to the search for secrets, and to the packer.
 */
export async function loadSnapshotImage(
  context: Context,
  secretScan: 'fail' | 'warn' | 'off',
  below: LowerLayers,
  parts: SnapshotParts
): Promise<LoadedImage> {
  const { docker, id: run, work } = context
  const names = namesOf(run)
  const name = names.image('runtime')
  const layers: AddedLayer[] = []
  if (parts.archive)
    layers.push({
      createdBy: 'COPY trees/archive/ /',
      plan: await planTreeLayer(path.join(parts.context, 'trees/archive'))
    })
  layers.push({
    createdBy: 'COPY snapshot /',
    plan: await planSnapshotLayer({
      ...{ docker, container: names.checkpointContainer, work },
      files: parts.snapshot.files,
      user: parts.user
    })
  })
  const image = { name, labels: parts.labels, below: below.description, layers, created: new Date() }
  const search = below.scanned?.search.withSnapshot(await searchedSnapshot(context, parts.snapshot))
  const [, scan, added] = await readByAll(
    archiveToLoad(image),
    (copy) => docker.feed(['load', '--quiet'], copy),
    search && ((copy) => scanImage(copy, search.matcher, search.snapshot, context.startProgram)),
    (copy) => readImageArchive(copy, below.push && { known: new Set(), folder: work })
  )
  const { Id: id } = await inspectImage(docker, name)
  const archive = mergedArchives(below.archive, added)
  describeImage(id, archive)
  const merged = below.scanned && scan && mergedScans(below.scanned.scan, scan)
  const scanned = { image: id, snapshot: search?.snapshot }
  if (below.push && (await mayBeSent(context, secretScan, scanned, merged)))
    below.push.send(packedLayers(added), 'own')
  return {
    id,
    read: { scanned: search && merged && { search, scan: merged }, archive: below.push && archive }
  }
}
