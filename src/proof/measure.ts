import { outputTo, type Context } from '../docker/context.js'
import { namesOf } from '../docker/names.js'
import { FIGURES_LABEL } from '../image/labels.js'
import { relabelImage } from '../image/relabel.js'
import { Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import { publishedAt, type Repositories } from '../registry/published.js'
import type { Reference } from '../registry/reference.js'
import { requireSpeed, type Budgets } from './budgets.js'
import { figuresLabel, parseFiguresLabel, type LastImage } from './figures-label.js'
import type { Figures } from './figures.js'
import { proveRestore } from './prove.js'
import type { RestoredImage } from './runtime-image.js'
import type { RuntimeImage } from './start-request.js'
import { measureSeries } from './series.js'

/** Measurements of an image that restores. */
export interface Proof {
  /** undefined with `verify: false`. */
  figures: Figures | undefined
  /** Image that the first tag has at its registry; undefined where it is not known. */
  last: LastImage | undefined
}

export interface MeasureInputs extends Budgets {
  verifyRuns: number
  tags: Reference[]
}

/** Time limit for a registry that is queried for a comparison only. */
const LOOK_UP_TIMEOUT: Milliseconds = 10_000

/**
 * Times restores and normal starts, checks them against their budgets, and returns the image with its figures as a label: that
 * image was restored again. A start over its budget is a Failure.
 */
export async function measure(
  context: Context,
  inputs: MeasureInputs,
  repositories: Repositories,
  restored: RestoredImage,
  snapshotSize: number
): Promise<{ image: RuntimeImage; proof: Proof }> {
  const { log, step } = context
  const { id, privileges, archive } = restored
  if (inputs.verifyRuns === 0) {
    log.info('`verify` is false: the image was restored once, and its starts are not timed.')
    return { image: { id, privileges, archive }, proof: { figures: undefined, last: undefined } }
  }
  const proof = await step('measure', 'Time restores and cold starts', async () => {
    const figures = await timeSeries(context, restored, inputs.verifyRuns)
    requireSpeed(inputs, figures)
    return { figures, last: await lastImage(context, repositories, inputs.tags[0]) }
  })
  const labelled = await step('label', 'Label the image with its figures, and restore it', () =>
    label(context, restored, figuresLabel(proof.figures, snapshotSize, archive?.size))
  )
  return { image: { id: labelled, privileges, archive }, proof }
}

async function timeSeries(
  { docker, clock, log }: Context,
  { request, first, archive }: RestoredImage,
  runs: number
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
    const published = await publishedAt(repositories, tag, signal)
    const figures = parseFiguresLabel(published?.labels[FIGURES_LABEL] ?? '')
    return published && figures && { tag: tag.text, digest: published.digest, figures }
  } catch (error) {
    if (!(error instanceof Failure) && !signal.aborted) throw error
    const why = error instanceof Failure ? error.message : 'the registry did not respond in time.'
    log.info(`No comparison with the image that ${tag.text} has now: ${why}`)
    return undefined
  }
}

/** Labels the image and returns the id of the new one. The label changes the id and the digest, so the new image is restored again. */
async function label(context: Context, { id, request }: RestoredImage, text: string): Promise<string> {
  const { docker, clock, log, work } = context
  const image = { name: namesOf(context.id).image('runtime'), id, labels: { [FIGURES_LABEL]: text } }
  const labelled = await relabelImage(docker, image, work, outputTo(context, 'build-label.log'))
  const last = await proveRestore({ docker, clock }, { ...request, load: undefined, image: labelled })
  log.info(`${labelled} restores, and responded after ${last.answer} ms.`)
  return labelled
}
