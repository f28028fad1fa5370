import type { Milliseconds } from '../lib/values.js'
import { ImageFormatError, records } from './image-format.js'

const SERVICE_MAGIC = 0x55105940
const STATS_MAGIC = 0x57093306

/** CRIU's statistics of a dump: times in microseconds, numbers of pages of 4096 bytes. */
export interface DumpStatistics {
  freezingTime: number
  frozenTime: number
  memdumpTime: number
  memwriteTime: number
  pagesScanned: number
  pagesWritten: number
}

export function readDumpStatistics(image: Buffer): DumpStatistics {
  const dump = records(image, SERVICE_MAGIC, STATS_MAGIC)[0]?.message(1)
  if (!dump) throw new ImageFormatError('stats-dump has no statistics of a dump')
  return {
    freezingTime: dump.number(1) ?? 0,
    frozenTime: dump.number(2) ?? 0,
    memdumpTime: dump.number(3) ?? 0,
    memwriteTime: dump.number(4) ?? 0,
    pagesScanned: dump.number(5) ?? 0,
    pagesWritten: dump.number(7) ?? 0
  }
}

/** Reads the time that CRIU took for a restore from its stats-restore. */
export function readRestoreTime(image: Buffer): Milliseconds {
  const restore = records(image, SERVICE_MAGIC, STATS_MAGIC)[0]?.message(2)
  if (!restore) throw new ImageFormatError('stats-restore has no statistics of a restore')
  return (restore.number(4) ?? 0) / 1000
}
