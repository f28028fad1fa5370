import { statfs } from 'node:fs/promises'
import { Failure } from './errors.js'
import { megabytes } from './values.js'

/** Returns the bytes that a user other than root can still write on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Throws a Failure if there are fewer than `needed` bytes on the disk of a folder. */
export async function requireDiskSpace(folder: string, needed: number, what: string): Promise<void> {
  const free = await freeBytes(folder)
  if (free >= needed) return
  throw new Failure(
    'runner',
    `Not enough disk space for ${what}: ${megabytes(needed)} are needed in ${folder}, and ${megabytes(free)} are free.`,
    { fix: FIX }
  )
}

/** Returns whether an error says that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Returns the Failure for an error that says that the disk is full; undefined for any other error. */
export async function fullDisk(error: unknown, folder: string): Promise<Failure | undefined> {
  if (!isDiskFull(error)) return undefined
  const { message } = error as Error
  const free = await freeBytes(folder)
  return new Failure(
    'runner',
    `The disk of the runner is full (${message}): ${megabytes(free)} are free in ${folder}.`,
    { fix: FIX, cause: error }
  )
}

const FIX = 'Free disk space on the runner, or let RUNNER_TEMP be on a larger disk, and run the job again.'
