import type { Context } from '../docker/context.js'
import { logProgress } from '../lib/log.js'
import { readByAll } from '../lib/tee.js'
import type { SecretReport } from '../secrets/report.js'
import { scanImage } from '../secrets/image.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { evaluateScan, NOT_SEARCHED, prepareSearch, type SnapshotInImage } from '../secrets/search.js'
import { packImage, type PackedImage } from './packed-image.js'

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

/**
 * Scans an image for secrets and packs it for its registries, both from one `docker save`: writing the image takes Docker longer than
 * the rest. Without `packing` the image is not packed.
 */
export async function scanAndPack(
  context: Context,
  { mode, secrets: known }: SecretScan,
  { id, snapshot }: { id: string; snapshot: SnapshotInImage | undefined },
  packing: Packing | undefined
): Promise<{ secrets: SecretReport; packed: PackedImage | undefined }> {
  const { docker, clock, log, step, work } = context
  const searched = mode !== 'off'
  if (!searched && !packing) return { secrets: NOT_SEARCHED, packed: undefined }
  const title = searched ? 'Scan the image for secrets' : 'Pack the image'
  return await step('read-out', packing && searched ? `${title}, and pack it` : title, async () => {
    const search = searched ? await prepareSearch(context, known, snapshot) : undefined
    const [scan, packed] = await docker.stream(
      ['save', '--', id],
      (archive) => {
        const progress = logProgress(log, clock)
        let bytes = 0
        archive.on('data', ({ length }: Buffer) => progress((bytes += length), undefined))
        return readByAll(
          archive,
          search && ((copy) => scanImage(copy, search.matcher, search.snapshot)),
          packing && ((copy) => packImage(copy, id, { known: packing.known, folder: work }))
        )
      },
      packing?.signal
    )
    const secrets = search && scan ? await evaluateScan(context, mode, search, id, scan) : NOT_SEARCHED
    return { secrets, packed }
  })
}
