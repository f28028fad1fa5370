import { Failure } from '../lib/errors.js'
import type { Bytes, Milliseconds } from '../lib/values.js'
import type { Figures } from './figures.js'

/** Limits of the user; undefined means no limit. */
export interface Budgets {
  /** Maximum for the median of the restores. */
  maxRestoreTime: Milliseconds | undefined
  /** Minimum for the ratio of the medians of cold start and restore. */
  minSpeedup: number | undefined
  maxSnapshotSize: Bytes | undefined
}

/** Throws a Failure for a snapshot over its budget. */
export function requireSize({ maxSnapshotSize: most }: Budgets, size: Bytes): void {
  if (most === undefined || size <= most) return
  // In bytes, as a rounded number may hide by how much the budget is exceeded.
  throw exceeded([`the snapshot has ${size} bytes, and \`max-snapshot-size\` allows ${most}`], {
    fix:
      'Make the snapshot smaller (a smaller heap with `java-options: -Xmx...`, less kept in caches before the checkpoint), ' +
      'or raise the budget.'
  })
}

/** Throws a single Failure for all budgets that the starts exceed. */
export function requireSpeed({ maxRestoreTime, minSpeedup }: Budgets, figures: Figures): void {
  const { restore, coldStart } = figures.answer
  const wrong: string[] = []
  if (maxRestoreTime !== undefined && restore.median > maxRestoreTime) {
    wrong.push(
      `a restore takes ${restore.median} ms (the median of ${figures.restores.length}, from ${restore.minimum} to ` +
        `${restore.maximum}), and \`max-restore-time\` allows ${maxRestoreTime} ms`
    )
  }
  if (minSpeedup !== undefined && figures.speedup < minSpeedup) {
    wrong.push(
      `a restore is ${figures.speedup.toFixed(1)} times as fast as a cold start (${restore.median} ms against ` +
        `${coldStart.median} ms), and \`min-speedup\` requires ${minSpeedup}`
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
