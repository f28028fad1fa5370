import { fieldsOf, jsonOf } from '../lib/json.js'
import type { Bytes } from '../lib/values.js'
import type { Figures, Spread } from './figures.js'

/** Measurements in the annotation of a published image. */
export interface PublishedFigures {
  /** Number of restores, and as many cold starts. */
  runs: number
  restore: Spread
  coldStart: Spread
  speedup: number
  requests: { count: number; restore: Spread; coldStart: Spread } | undefined
  snapshotSize: Bytes
  /** Normal starts with the archive of classes, and its size; undefined for an image without one. */
  archive: { start: Spread; size: Bytes } | undefined
}

/** The image at a tag before a run moves the tag. */
export interface LastImage {
  tag: string
  digest: string
  figures: PublishedFigures
}

/** Version of the format; it changes when older readers could not read it. */
const VERSION = 1

/** Returns the annotation: JSON in which a spread is [minimum, median, maximum], which is compact and readable. */
export function figuresAnnotation(figures: Figures, snapshotSize: Bytes, archiveSize?: Bytes): string {
  const { answer, speedup, requests, archive } = figures
  return JSON.stringify({
    version: VERSION,
    runs: figures.restores.length,
    restore: list(answer.restore),
    cold: list(answer.coldStart),
    speedup,
    ...(requests && {
      requests: { count: requests.count, restore: list(requests.restore), cold: list(requests.coldStart) }
    }),
    snapshot: snapshotSize,
    ...(archive && archiveSize !== undefined && { archive: { start: list(archive), size: archiveSize } })
  })
}

/** Parses an annotation. Returns undefined for anything else: the text comes from a registry, and is untrusted. */
export function parseFiguresAnnotation(text: string): PublishedFigures | undefined {
  const { version, runs, speedup, snapshot, requests, archive, ...answers } = fieldsOf(jsonOf(text))
  const [restore, coldStart] = [spread(answers['restore']), spread(answers['cold'])]
  if (version !== VERSION || !restore || !coldStart) return undefined
  if (!isAmount(runs) || !isAmount(speedup) || !isAmount(snapshot)) return undefined
  return {
    ...{ runs, restore, coldStart, speedup },
    requests: requestsOf(requests),
    snapshotSize: snapshot,
    archive: archiveOf(archive)
  }
}

function archiveOf(value: unknown): PublishedFigures['archive'] {
  const { start, size } = fieldsOf(value)
  const times = spread(start)
  return times && isAmount(size) ? { start: times, size } : undefined
}

function requestsOf(value: unknown): PublishedFigures['requests'] {
  const { count, restore, cold } = fieldsOf(value)
  const [restored, started] = [spread(restore), spread(cold)]
  return isAmount(count) && restored && started ? { count, restore: restored, coldStart: started } : undefined
}

function list({ minimum, median, maximum }: Spread): number[] {
  return [minimum, median, maximum]
}

function spread(value: unknown): Spread | undefined {
  const [minimum, median, maximum] = Array.isArray(value) ? (value as unknown[]) : []
  if (!isAmount(minimum) || !isAmount(median) || !isAmount(maximum)) return undefined
  return { minimum, median, maximum }
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
