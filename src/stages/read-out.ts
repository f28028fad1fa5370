import { logProgress } from '../lib/log.js'
import { packImage, type PackedImage } from '../registry/packed-image.js'
import type { SecretReport } from '../secrets/report.js'
import { scanImage } from '../secrets/image.js'
import { readByBoth } from '../lib/tee.js'
import type { Run } from './run.js'
import { judge, NOT_SEARCHED, prepareSearch, type Taken } from './secrets.js'

/** For the registries that an image goes to. */
interface Packing {
  /** Layers that need not be packed, by their content. */
  known: ReadonlySet<string>
  signal: AbortSignal
}

interface ReadImage {
  secrets: SecretReport
  /** undefined where nothing was to be packed. */
  packed: PackedImage | undefined
}

/**
 * Has the engine write the image out (`docker save`), once: it is searched for secrets and packed for the registries as it comes, since
 * to write it takes the engine longer than all the rest.
 */
export async function readOut(
  run: Run,
  image: string,
  taken: Taken | undefined,
  packing: Packing | undefined
): Promise<ReadImage> {
  const { inputs, steps, work, world } = run
  const searched = inputs.secretScan !== 'off'
  if (!searched && !packing) return { secrets: NOT_SEARCHED, packed: undefined }
  const title = searched ? 'Look for secrets in the image' : 'Pack the image'
  return await steps.run('read-out', packing && searched ? `${title}, and pack it` : title, async () => {
    const search = await prepareSearch(run, taken)
    const [scan, packed] = await world.docker.stream(
      ['save', '--', image],
      (archive) => {
        const progress = logProgress(world.log, world.clock)
        let bytes = 0
        archive.on('data', ({ length }: Buffer) => progress((bytes += length), undefined))
        return readByBoth(
          archive,
          search && ((copy) => scanImage(copy, search.matcher, search.snapshot)),
          packing && ((copy) => packImage(copy, image, packing.known, work))
        )
      },
      packing?.signal
    )
    const secrets = search && scan ? await judge(run, search, image, scan) : NOT_SEARCHED
    return { secrets, packed }
  })
}
