import type { Context } from '../docker/context.js'
import { Failure } from '../lib/errors.js'
import { logProgress, type Log } from '../lib/log.js'
import { readByBoth } from '../lib/tee.js'
import type { SecretReport } from '../secrets/report.js'
import { scanImage } from '../secrets/image.js'
import {
  evaluateScan,
  NOT_SEARCHED,
  prepareSearch,
  type SearchInputs,
  type SnapshotInImage
} from '../secrets/search.js'
import { storedLogins, type Login } from './credentials.js'
import { packImage, type PackedImage } from './packed-image.js'

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
  inputs: SearchInputs,
  environment: NodeJS.ProcessEnv,
  { id, snapshot }: { id: string; snapshot: SnapshotInImage | undefined },
  packing: Packing | undefined
): Promise<{ secrets: SecretReport; packed: PackedImage | undefined }> {
  const { docker, clock, log, step, work } = context
  const searched = inputs.secretScan !== 'off'
  if (!searched && !packing) return { secrets: NOT_SEARCHED, packed: undefined }
  const title = searched ? 'Scan the image for secrets' : 'Pack the image'
  return await step('read-out', packing && searched ? `${title}, and pack it` : title, async () => {
    const search = await prepareSearch(context, inputs, environment, () => logins(environment, log), snapshot)
    const [scan, packed] = await docker.stream(
      ['save', '--', id],
      (archive) => {
        const progress = logProgress(log, clock)
        let bytes = 0
        archive.on('data', ({ length }: Buffer) => progress((bytes += length), undefined))
        return readByBoth(
          archive,
          search && ((copy) => scanImage(copy, search.matcher, search.snapshot)),
          packing && ((copy) => packImage(copy, id, packing.known, work))
        )
      },
      packing?.signal
    )
    const secrets =
      search && scan ? await evaluateScan(context, inputs.secretScan, search, id, scan) : NOT_SEARCHED
    return { secrets, packed }
  })
}

async function logins(environment: NodeJS.ProcessEnv, log: Log): Promise<Login[]> {
  try {
    return await storedLogins(environment)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    log.warning(`${error.message} The image is not scanned for the passwords in it.`)
    return []
  }
}
