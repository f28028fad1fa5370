import { lutimes, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { hashOfFile } from '../lib/digest.js'

/** Earliest time of a file, in seconds since 1970: zip, and so some tools, do not support times before 1980. */
export const EPOCH = Date.UTC(1980, 1, 1) / 1000

/**
 * Sets times that depend on the content of each file, so that the same content gives the same layer on every machine.
 * One time for all files would not work: BuildKit reuses the content of an earlier run for a file with the same size and
 * time. Files of the application keep their times, except the fraction of a second, because web servers send the time of a
 * resource to browsers.
 */
export async function setTimes(folder: string, classes?: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await lutimes(file, EPOCH, EPOCH)
    if (!entry.isFile()) continue
    const number = await contentNumber(file)
    const isClass = classes !== undefined && file.startsWith(classes + path.sep)
    const time = isClass
      ? Math.floor((await stat(file)).mtimeMs / 1000) + (number % 1e6) / 1e6
      : EPOCH + number
    await lutimes(file, time, time)
  }
}

/** Returns a number below 2^29 (17 years in seconds) that depends on the content. */
async function contentNumber(file: string): Promise<number> {
  const hash = await hashOfFile(file)
  return hash.digest().readUInt32BE() >>> 3
}
