import { createWriteStream } from 'node:fs'
import { readdir, readFile, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { EPOCH } from './times.js'

const MANIFEST = 'META-INF/MANIFEST.MF'

/** Minimum size in bytes of a file that is not read into memory at once. */
const LARGE = 64 * 1024 * 1024

/**
 * Packs the content of a folder of classes into a jar. The same content gives the same jar.
 *
 * - Folders have entries too: Spring and Micronaut find the classes of a package by the entry of its folder.
 * - The manifest comes first, where java.util.jar.JarInputStream expects it.
 * - Files are stored, not deflated: the JVM reads them faster, and the layer is compressed as a whole.
 * - Classes and the manifest have a fixed time. Other files keep theirs, because web servers send the time of a resource,
 *   or of its jar, to browsers; so the jar has the time of the newest of them.
 */
export async function packClasses(folder: string, jar: string): Promise<void> {
  const zip = new ZipFile()
  const written = pipeline(zip.outputStream, createWriteStream(jar, { flags: 'wx' }))
  const failed = new Promise<never>((_, reject) => zip.on('error', reject))
  const finished = Promise.race([written, failed])
  finished.catch(() => undefined)
  let newest = EPOCH
  for (const name of await namesIn(folder)) {
    const entry = await stat(path.join(folder, name))
    const fixed = entry.isDirectory() || name.endsWith('.class') || name === MANIFEST
    const time = fixed ? EPOCH : Math.max(EPOCH, Math.floor(entry.mtimeMs / 1000))
    newest = Math.max(newest, time)
    const options = { mtime: inLocalTime(time), forceDosTimestamp: true, mode: 0o100644 }
    if (entry.isDirectory()) zip.addEmptyDirectory(name, { ...options, mode: 0o40755 })
    else if (entry.size < LARGE)
      zip.addBuffer(await readFile(path.join(folder, name)), name, { ...options, compress: false })
    else zip.addFile(path.join(folder, name), name, options)
  }
  zip.end()
  await finished
  await utimes(jar, newest, newest)
}

/**
 * Returns the date whose local time is the given time in UTC, in seconds since 1970: a zip has local times, and must not depend on
 * the time zone of the machine.
 */
function inLocalTime(time: number): Date {
  const utc = new Date(time * 1000)
  return new Date(
    utc.getUTCFullYear(),
    utc.getUTCMonth(),
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds()
  )
}

/** Returns the names of all files and folders below a folder, in a fixed order with the manifest and its folder first. */
async function namesIn(folder: string, inside = ''): Promise<string[]> {
  const names: string[] = []
  for (const child of (await readdir(path.join(folder, inside))).sort()) {
    const name = path.posix.join(inside, child)
    names.push(name)
    // Links lead to files that were checked before.
    if ((await stat(path.join(folder, name))).isDirectory()) names.push(...(await namesIn(folder, name)))
  }
  if (inside !== '') return names
  const first = [path.posix.dirname(MANIFEST), MANIFEST].filter((name) => names.includes(name))
  return [...first, ...names.filter((name) => !first.includes(name))]
}
