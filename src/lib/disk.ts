import { statfs } from 'node:fs/promises'
import { Failure } from './errors.js'
import { megabytes } from './values.js'

/** Bytes that a user who is not root may still write on the disk under a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** Refuses what will not fit on the disk under a folder. Sizes in bytes. */
export async function requireRoom(folder: string, needed: number, what: string): Promise<void> {
  const free = await freeBytes(folder)
  if (free >= needed) return
  throw new Failure(
    'runner',
    `There is no room for ${what}: ${megabytes(needed)} are needed in ${folder}, and ${megabytes(free)} are free.`,
    {
      fix: FIX
    }
  )
}

/** Whether an error of the file system says so. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** What an error of the file system means that says that the disk is full; undefined for any other. */
export async function fullDisk(error: unknown, folder: string): Promise<Failure | undefined> {
  if (!isDiskFull(error)) return undefined
  const { message } = error as Error
  const free = await freeBytes(folder)
  return new Failure(
    'runner',
    `The disk of the runner is full (${message}): ${megabytes(free)} are free in ${folder}.`,
    {
      fix: FIX,
      cause: error
    }
  )
}

const FIX = 'Free disk space on the runner, or let RUNNER_TEMP be on a larger disk, and run the job again.'
