import type { Context } from '../docker/context.js'
import { FIGURES_ANNOTATION } from '../image/labels.js'
import { Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { ONE_TRY, publishedAt, type Repositories } from '../registry/published.js'
import type { Reference } from '../registry/reference.js'
import { requireSpeed, type Budgets } from './budgets.js'
import { parseFiguresAnnotation, type LastImage } from './figures-annotation.js'
import type { Figures } from './figures.js'
import type { RestoredImage } from './runtime-image.js'
import type { Runs } from './runs.js'
import { measureSeries } from './series.js'

/** Measurements of an image that restores. */
export interface Proof {
  /** undefined with `verify: false`. */
  figures: Figures | undefined
  /** Image that the first tag has at its registry; undefined where it is not known. */
  last: LastImage | undefined
}

export interface MeasureInputs extends Budgets {
  verifyRuns: Runs
  tags: Reference[]
}

/** Time limit for a registry that is queried for a comparison only. */
const LOOK_UP_TIMEOUT: Milliseconds = 10_000

/** Times restores and normal starts of an image, and checks them against their budgets. A start over its budget is a Failure. */
export async function measure(
  context: Context,
  inputs: MeasureInputs,
  repositories: Repositories,
  restored: RestoredImage
): Promise<Proof> {
  const { log, step } = context
  if (inputs.verifyRuns.most === 0) {
    log.info('`verify` is false: the image was restored once, and its starts are not timed.')
    return { figures: undefined, last: undefined }
  }
  return await step('measure', 'Time restores and cold starts', async () => {
    const figures = await timeSeries(context, restored, inputs.verifyRuns)
    requireSpeed(inputs, figures)
    return { figures, last: await lastImage(context, repositories, inputs.tags[0]) }
  })
}

async function timeSeries(
  { docker, clock, log }: Context,
  { request, first, archive }: RestoredImage,
  runs: Runs
): Promise<Figures> {
  const figures = await measureSeries(
    { docker, clock },
    request,
    { first, runs, archive: archive !== undefined },
    (line) => log.info(line)
  )
  const { restore, coldStart } = figures.answer
  const trained = figures.archive ? `, with the archive in ${figures.archive.median} ms` : ''
  log.info(
    `The medians: restored in ${restore.median} ms, cold start in ${coldStart.median} ms${trained}, ` +
      `${figures.speedup.toFixed(1)} times faster.`
  )
  if (restore.median >= coldStart.median) {
    log.warning(
      `A restore is not faster than a normal start: ${restore.median} ms (from ${restore.minimum} to ${restore.maximum}) against ` +
        `${coldStart.median} ms (from ${coldStart.minimum} to ${coldStart.maximum}). The application does a lot of work at its restore, ` +
        'or starts too fast to gain from a snapshot.'
    )
  }
  return figures
}

/** Returns what the first tag has now, with its figures; undefined where the registry does not respond. */
async function lastImage(
  { log }: Context,
  repositories: Repositories,
  tag: Reference | undefined
): Promise<LastImage | undefined> {
  if (!tag) return undefined
  const signal = AbortSignal.timeout(LOOK_UP_TIMEOUT)
  try {
    // A run that pushes nothing needs no network for its figures.
    const once: Repositories = (reference) => repositories(reference, signal, ONE_TRY)
    const published = await publishedAt(once, tag)
    const figures = parseFiguresAnnotation(published?.facts[FIGURES_ANNOTATION] ?? '')
    return published && figures && { tag: tag.text, digest: published.digest, figures }
  } catch (error) {
    if (!(error instanceof Failure) && !signal.aborted) throw error
    const why = error instanceof Failure ? error.message : 'the registry did not respond in time.'
    log.info(`No comparison with the image that ${tag.text} has now: ${why}`)
    return undefined
  }
}
