import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from '../lib/log.js'
import { Failure } from '../lib/errors.js'
import { megabytes } from '../lib/values.js'

/** Space on Docker's disk before the work, in bytes. */
export interface DiskSpace {
  free: number | undefined
  /** Estimate of what the run needs. */
  needed: number
}

/** Size of the snapshot of a JVM with a small heap, in bytes; that of the application is known only later. */
const SMALL_SNAPSHOT = 128e6

/**
 * Returns the disk space that a run needs: for the archive of the JDK as it is sent and unpacked (which is about twice as large), the
 * application as it is sent and in its layer, and the snapshot in the container, in the image of the container and in the
 * finished image. Sizes are in bytes.
 */
export function diskSpaceFor(free: number | undefined, archive: number, application: number): DiskSpace {
  return { free, needed: 3 * archive + 2 * application + 3 * SMALL_SNAPSHOT }
}

/** Returns a warning if the disk may be too small; throws a Failure if not even the archive fits. */
export function diskSpaceWarning({ free, needed }: DiskSpace, archive: number): string | undefined {
  if (free === undefined || free >= needed) return undefined
  const figures = `${megabytes(free)} are free on Docker's disk, and this run needs about ${megabytes(needed)}, more with a large heap`
  if (free < archive) throw new Failure('runner', `Not enough disk space: ${figures}.`, { fix: FIX })
  return `There may not be enough disk space: ${figures}. Docker's build cache may already have some of it.`
}

/** Adds the figures to a Failure whose cause is a full disk; returns every other error unchanged. */
export function withDiskSpace(error: unknown, { free, needed }: DiskSpace): unknown {
  if (!(error instanceof Failure) || free === undefined || error.signature?.remedy !== 'disk') return error
  return error.also(
    `When the run began, ${megabytes(free)} were free on Docker's disk; it needs about ${megabytes(needed)} and three times the memory of the application.`
  )
}

const FIX = 'Free disk space on the machine that runs Docker, for example with `docker system prune`.'

/** Compares the disk space of Docker with what the run needs: warns if it may not suffice, and throws a Failure if it cannot. */
export async function checkDiskSpace(
  log: Log,
  free: number | undefined,
  jdkArchive: string,
  application: Iterable<string>
): Promise<DiskSpace> {
  const sizes = await Promise.all([...application].map(sizeOf))
  const archive = (await stat(jdkArchive)).size
  const space = diskSpaceFor(
    free,
    archive,
    sizes.reduce((sum, size) => sum + size, 0)
  )
  const warning = diskSpaceWarning(space, archive)
  if (warning !== undefined) log.warning(warning)
  return space
}

/** Returns the size of a file, or of all files in a folder, in bytes. */
async function sizeOf(place: string): Promise<number> {
  const own = await stat(place)
  if (!own.isDirectory()) return own.size
  let size = 0
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) size += (await stat(path.join(entry.parentPath, entry.name))).size
  }
  return size
}
