import type { Context } from '../docker/context.js'
import { logProgress } from '../lib/log.js'
import { readByAll } from '../lib/tee.js'
import { scanImage, type ImageScan } from '../secrets/image.js'
import type { SecretReport } from '../secrets/report.js'
import type { Secret } from '../secrets/scanner/needles.js'
import {
  evaluateScan,
  NOT_SEARCHED,
  prepareSearch,
  searchedSnapshot,
  type SecretSearch,
  type SnapshotInImage
} from '../secrets/search.js'
import { readImageArchive, type ImageArchive } from './image-archive.js'

/** What the image is searched for; `off` searches for nothing. */
export interface SecretScan {
  mode: 'fail' | 'warn' | 'off'
  secrets: readonly Secret[]
}

interface Packing {
  /** Uncompressed digests of the layers that the registries have. */
  known: ReadonlySet<string>
  signal: AbortSignal
}

/** An image whose layers were read: scanned for secrets, and packed for its registries. */
export interface ReadImage {
  /** undefined where the image is not scanned. */
  scanned: { search: SecretSearch; scan: ImageScan } | undefined
  /** undefined where the image is not packed. */
  archive: ImageArchive | undefined
}

/**
 * Scans an image for secrets and packs it for its registries, both from one `docker save`: writing the image takes Docker longer than
 * the rest. Without `packing` the image is not packed.
 */
export async function readWholeImage(
  context: Context,
  { mode, secrets }: SecretScan,
  { id, snapshot }: { id: string; snapshot: SnapshotInImage | undefined },
  packing: Packing | undefined
): Promise<ReadImage> {
  const { docker, clock, log, work, startProgram } = context
  const scans = mode !== 'off'
  if (!scans && !packing) return { scanned: undefined, archive: undefined }
  const prepared = scans ? await prepareSearch(secrets) : undefined
  const search =
    prepared &&
    (snapshot ? prepared.withSnapshot(await searchedSnapshot(context, snapshot)) : { ...prepared, snapshot })
  const [scan, archive] = await docker.stream(
    ['save', '--', id],
    (archive) => {
      const progress = logProgress(log, clock)
      let bytes = 0
      archive.on('data', ({ length }: Buffer) => progress((bytes += length), undefined))
      return readByAll(
        archive,
        search && ((copy) => scanImage(copy, search.matcher, search.snapshot, startProgram)),
        packing && ((copy) => readImageArchive(copy, { known: packing.known, folder: work }))
      )
    },
    packing?.signal
  )
  return { scanned: search && scan && { search, scan }, archive }
}

/** Reports the secrets in an image that was read. With `secret-scan: fail` any secret is a Failure of the category `secret`. */
export async function reportSecrets(
  context: Context,
  { mode }: SecretScan,
  id: string,
  { scanned }: ReadImage
): Promise<SecretReport> {
  if (!scanned) return NOT_SEARCHED
  return await evaluateScan(context, mode, scanned.search, id, scanned.scan)
}
