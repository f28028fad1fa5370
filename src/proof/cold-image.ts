import type { Context } from '../docker/context.js'
import { buildStage, type ImageSource } from '../image/images.js'
import { archiveLabels, coldLabels, FINGERPRINT_LABEL } from '../image/labels.js'
import { addArchive } from './archived.js'
import type { Start } from './figures.js'
import { startNormally, startWithArchive } from './prove.js'
import { startRequest, type RuntimeImage, type RuntimeInputs, type StartSetting } from './start-request.js'

/** An image without a snapshot, and its starts without and with its archive; of these there are none without an archive. */
export interface ColdImage {
  image: RuntimeImage
  coldStarts: Start[]
  archiveStarts: Start[]
}

/** Builds the image without a snapshot, and times its normal starts. */
export async function buildColdImage(
  context: Context,
  inputs: RuntimeInputs,
  setting: StartSetting,
  { source, reason }: { source: ImageSource; reason: string }
): Promise<ColdImage> {
  const { log, step } = context
  if (inputs.archive !== 'off')
    await step('build-checkpoint', 'Build the image that trains the archive', () =>
      buildStage(context, source, 'checkpoint', { buildArgs: {}, labels: {} })
    )
  const archive = await addArchive(context, inputs, setting, source)
  const id = await step('build-cold', 'Build the image without a snapshot', () =>
    buildStage(context, source, 'cold', {
      buildArgs: { PORT: String(inputs.port) },
      labels: {
        ...source.labels,
        ...archiveLabels(archive),
        ...coldLabels(reason, source.labels[FINGERPRINT_LABEL] ?? '')
      }
    })
  )
  const image = { id, privileges: undefined, archive }
  const request = await startRequest(context, inputs, setting, image)
  if (inputs.maxRestoreTime !== undefined || inputs.minSpeedup !== undefined)
    log.info('`max-restore-time` and `min-speedup` do not apply to an image without a snapshot.')
  const bare = { ...request, load: undefined }
  return await step('prove', 'Start the image', async () => {
    const coldStarts: Start[] = []
    const archiveStarts: Start[] = []
    const runs = Math.max(1, inputs.verifyRuns.least)
    while (coldStarts.length < runs) {
      const start = await startNormally(context, bare)
      coldStarts.push(start)
      const trained = archive && (await startWithArchive(context, bare))
      if (trained) archiveStarts.push(trained)
      const after = trained ? `, with the archive in ${trained.answer} ms` : ''
      log.info(`Run ${coldStarts.length} of ${runs}: cold start in ${start.answer} ms${after}.`)
    }
    return { image, coldStarts, archiveStarts }
  })
}
