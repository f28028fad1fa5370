import { fieldsOf, jsonOf } from '../lib/json.js'
import type { Figures, Spread } from './figures.js'

/** What the label of an image tells of the measurements that it was pushed with. Times in ms, size in bytes. */
export interface PublishedFigures {
  /** Of each kind. */
  runs: number
  restore: Spread
  coldStart: Spread
  speedup: number
  requests: { count: number; restore: Spread; coldStart: Spread } | undefined
  snapshotSize: number
}

/** The image that a tag had before a run moved it. */
export interface LastImage {
  tag: string
  digest: string
  figures: PublishedFigures
}

/** Changes when a reader of today could not read it any more. */
const VERSION = 1

/** JSON in which a spread is [minimum, median, maximum]: small, and read by eye all the same. */
export function figuresLabel(figures: Figures, snapshotSize: number): string {
  const { answer, speedup, requests } = figures
  return JSON.stringify({
    version: VERSION,
    runs: figures.restores.length,
    restore: list(answer.restore),
    cold: list(answer.coldStart),
    speedup,
    ...(requests && {
      requests: { count: requests.count, restore: list(requests.restore), cold: list(requests.coldStart) }
    }),
    snapshot: snapshotSize
  })
}

/** undefined for anything that is not such a label: it comes from a registry, and may be anyone's. */
export function parseFiguresLabel(text: string): PublishedFigures | undefined {
  const { version, runs, speedup, snapshot, requests, ...answers } = fieldsOf(jsonOf(text))
  const [restore, coldStart] = [spread(answers['restore']), spread(answers['cold'])]
  if (version !== VERSION || !restore || !coldStart) return undefined
  if (!isAmount(runs) || !isAmount(speedup) || !isAmount(snapshot)) return undefined
  return {
    runs,
    restore,
    coldStart,
    speedup,
    requests: requestsOf(requests),
    snapshotSize: snapshot
  }
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
