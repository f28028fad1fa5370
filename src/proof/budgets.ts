import { Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'
import type { Figures } from './figures.js'

/** What may not be exceeded; undefined is no limit. */
export interface Budgets {
  /** For the median of the restores. */
  restoreTime: Milliseconds | undefined
  /** The least ratio of the medians of cold start and restore. */
  speedup: number | undefined
  /** In bytes. */
  snapshotSize: number | undefined
}

/** A snapshot over its budget is a Failure. */
export function requireSize({ snapshotSize: most }: Budgets, size: number): void {
  if (most === undefined || size <= most) return
  // Down to the byte: a budget may be exceeded by less than what a rounded number shows.
  throw exceeded([`the snapshot has ${size} bytes, and \`max-snapshot-size\` allows ${most}`], {
    fix:
      'Make the snapshot smaller (a smaller heap with `java-options: -Xmx...`, less kept in caches before the checkpoint), ' +
      'or raise the budget.'
  })
}

/** Starts over their budgets are one Failure. */
export function requireSpeed({ restoreTime, speedup }: Budgets, figures: Figures): void {
  const { restore, coldStart } = figures.answer
  const wrong: string[] = []
  if (restoreTime !== undefined && restore.median > restoreTime) {
    wrong.push(
      `a restore takes ${restore.median} ms (the median of ${figures.restores.length}, from ${restore.minimum} to ` +
        `${restore.maximum}), and \`max-restore-time\` allows ${restoreTime} ms`
    )
  }
  if (speedup !== undefined && figures.speedup < speedup) {
    wrong.push(
      `a restore is ${figures.speedup.toFixed(1)} times as fast as a cold start (${restore.median} ms against ` +
        `${coldStart.median} ms), and \`min-speedup\` wants ${speedup}`
    )
  }
  if (wrong.length === 0) return
  throw exceeded(wrong, {
    fix:
      'Do less at the restore (`afterRestore`, connections that are opened at once), keep the snapshot small, warm up more ' +
      '(`warmup`), or change the budget.'
  })
}

function exceeded(wrong: string[], details: { fix: string }): Failure {
  const what = wrong.join('; ')
  return new Failure('application', `A budget is exceeded: ${what}. Nothing was pushed.`, details)
}
