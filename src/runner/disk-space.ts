import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Log } from '../lib/log.js'
import { Failure } from '../lib/errors.js'
import { megabytes } from '../lib/values.js'

/** The engine's disk, before the work. In bytes. */
export interface Room {
  /** undefined where the containers do not tell. */
  free: number | undefined
  /** What the run takes there, roughly. */
  needed: number
}

/** A JVM with a small heap; what the application's is like is known only later. In bytes. */
const SMALL_SNAPSHOT = 128e6

/**
 * What a run needs of the engine's disk: the archive of the JDK as it is sent and unpacked (the unpacked one is about twice as
 * large), the application as it is sent and in its layer, and the snapshot in the container, in the image that is
 * copied from, and in the finished one.
 */
export function roomFor(free: number | undefined, archive: number, application: number): Room {
  return { free, needed: 3 * archive + 2 * application + 3 * SMALL_SNAPSHOT }
}

/** Refuses an engine that cannot even be sent the archive; a text warns of one that may be too small. */
export function lookAtRoom({ free, needed }: Room, archive: number): string | undefined {
  if (free === undefined || free >= needed) return undefined
  const told = `${megabytes(free)} are free on the engine's disk, and a run like this needs about ${megabytes(needed)}, more with a large heap`
  if (free < archive) throw new Failure('runner', `There is no room: ${told}.`, { fix: FIX })
  return `There may be too little room: ${told}. What the engine has in its build cache need not be stored again.`
}

/** A failure for want of room, with the numbers. */
export function toldOfRoom(error: unknown, { free, needed }: Room): unknown {
  if (!(error instanceof Failure) || free === undefined || error.signature?.remedy !== 'disk') return error
  return error.also(
    `When the run began, ${megabytes(free)} were free on the engine's disk; it needs about ${megabytes(needed)} and three times the memory of the application.`
  )
}

const FIX = 'Free disk space on the machine of the engine, for example with `docker system prune`.'

/** Compares the disk space of Docker with what the run needs: warns where it may not suffice, and throws a Failure where it cannot. */
export async function checkDiskSpace(
  log: Log,
  free: number | undefined,
  jdkArchive: string,
  application: Iterable<string>
): Promise<Room> {
  const sizes = await Promise.all([...application].map(sizeOf))
  const archive = (await stat(jdkArchive)).size
  const room = roomFor(
    free,
    archive,
    sizes.reduce((sum, size) => sum + size, 0)
  )
  const warning = lookAtRoom(room, archive)
  if (warning !== undefined) log.warning(warning)
  return room
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
