import { namesOf } from '../run/release.js'
import { Failure } from '../lib/errors.js'
import { figuresLabel, parseFiguresLabel, type LastImage } from '../proof/figures-label.js'
import { FIGURES_LABEL } from '../image/labels.js'
import { relabelImage } from '../image/relabel.js'
import { publishedAt } from '../registry/published.js'
import { requireSpeed } from '../proof/budgets.js'
import type { Figures } from '../proof/figures.js'
import { proveRestore } from '../proof/prove.js'
import { measureSeries } from '../proof/series.js'
import type { Milliseconds } from '../lib/values.js'
import type { Restoring } from './restore.js'
import { outputTo, type Run } from './run.js'

/** An image that may be tagged and pushed, and what was measured of it. */
export interface Measured {
  imageId: string
  /** undefined if nothing was to be measured. */
  figures: Figures | undefined
  last: LastImage | undefined
}

/** How long a registry may take that is only asked for a comparison. */
const LOOK_UP_TIMEOUT: Milliseconds = 10_000

/** Times the image, holds it against its budgets, and gives it its figures as a label. */
export async function measure(run: Run, restoring: Restoring, snapshotSize: number): Promise<Measured> {
  if (run.inputs.verifyRuns === 0) {
    run.world.log.info('`verify` is false: the image was restored once, and nothing is timed.')
    return { imageId: restoring.imageId, figures: undefined, last: undefined }
  }
  const { figures, last } = await run.steps.run('measure', 'Time restores and cold starts', async () => {
    const found = await timeSeries(run, restoring)
    requireSpeed(run.inputs.budgets, found)
    return { figures: found, last: await lastImage(run) }
  })
  const imageId = await label(run, restoring, figuresLabel(figures, snapshotSize))
  return { imageId, figures, last }
}

async function timeSeries(run: Run, { request, first }: Restoring): Promise<Figures> {
  const { inputs, world } = run
  const { docker, clock, log } = world
  const series = { first, runs: inputs.verifyRuns }
  const figures = await measureSeries({ docker, clock }, request, series, (line) => log.info(line))
  const { restore, coldStart } = figures.answer
  log.info(
    `The medians: restored in ${restore.median} ms, cold start in ${coldStart.median} ms, ${figures.speedup.toFixed(1)} times faster.`
  )
  if (restore.median >= coldStart.median) {
    log.warning(
      `A restore is no faster than a normal start: ${restore.median} ms (from ${restore.minimum} to ${restore.maximum}) against ` +
        `${coldStart.median} ms (from ${coldStart.minimum} to ${coldStart.maximum}). The application does much at its restore, ` +
        'or starts too fast to gain from a snapshot.'
    )
  }
  return figures
}

/** What the first tag has now, with its figures; a registry that does not tell is no failure. */
async function lastImage({ inputs, world }: Run): Promise<LastImage | undefined> {
  const [tag] = inputs.tags
  if (!tag) return undefined
  const signal = AbortSignal.timeout(LOOK_UP_TIMEOUT)
  try {
    const published = await publishedAt(world.repositories, tag, signal)
    const figures = parseFiguresLabel(published?.labels[FIGURES_LABEL] ?? '')
    return published && figures && { tag: tag.text, digest: published.digest, figures }
  } catch (error) {
    if (!(error instanceof Failure) && !signal.aborted) throw error
    const why = error instanceof Failure ? error.message : 'it did not answer in time.'
    world.log.info(`No comparison with the image that ${tag.text} has now: ${why}`)
    return undefined
  }
}

/** A label is a part of the configuration, and so of the id and the digest: the image that has it is restored again. */
async function label(run: Run, { imageId, request }: Restoring, text: string): Promise<string> {
  const { docker, clock, log } = run.world
  return await run.steps.run('label', 'Label the image with its figures, and restore it', async () => {
    const image = {
      name: namesOf(run.id).image('runtime'),
      id: imageId,
      labels: { [FIGURES_LABEL]: text }
    }
    const labelled = await relabelImage(docker, image, run.work, outputTo(run, 'build-label.log'))
    const last = await proveRestore({ docker, clock }, { ...request, load: undefined, image: labelled })
    log.info(`${labelled} restores, and answered after ${last.answer} ms.`)
    return labelled
  })
}
