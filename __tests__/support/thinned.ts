import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { thinArchive } from '../../src/jdk/archive.js'

/** Thins the archive of a JDK in a file into another file, and returns the text of its file `release`. */
export async function thinned(
  file: string,
  thin: string,
  limits?: { entries: number; size: number }
): Promise<string | undefined> {
  await rm(thin, { force: true })
  return await thinArchive(createReadStream(file), path.basename(file), createWriteStream(thin), limits)
}
