import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { JdkArchive } from '../jdk/install.js'
import type { Runner } from '../runner/inspect.js'
import { lookAtRoom, roomFor, type Room } from '../runner/disk-space.js'
import type { Found } from './application.js'
import type { Run } from './run.js'

/** Whether the engine's disk has room for the run: a warning where it may not, a Failure where it cannot. */
export async function lookForRoom(
  { world }: Run,
  { diskFree }: Runner,
  found: Found,
  jdk: JdkArchive
): Promise<Room> {
  const { dependencies, classes } = found.application
  const sizes = await Promise.all([...dependencies.keys(), ...classes.keys()].map(sizeOf))
  const archive = (await stat(jdk.file)).size
  const room = roomFor(
    diskFree,
    archive,
    sizes.reduce((sum, size) => sum + size, 0)
  )
  const warning = lookAtRoom(room, archive)
  if (warning !== undefined) world.log.warning(warning)
  return room
}

/** Of a file, or of all files in a folder; in bytes. */
async function sizeOf(place: string): Promise<number> {
  const own = await stat(place)
  if (!own.isDirectory()) return own.size
  let size = 0
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) size += (await stat(path.join(entry.parentPath, entry.name))).size
  }
  return size
}
