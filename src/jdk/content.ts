import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readByAll } from '../lib/tee.js'
import { checkArchive, thinArchive } from './archive.js'
import { measure, type Measured } from './verify.js'

/** What of an archive is written: all of it, or a .tar.gz of what an image needs. */
export type Content = 'whole' | 'thin'

/** An archive that was read to its end. */
export interface ReadArchive {
  measured: Measured
  /** Returns the text of the file `release`; throws what is wrong with the content of the archive. */
  release: () => string | undefined
}

/**
 * Reads an archive once: measures it, checks its entries, and writes its content into a file that does not exist yet. Rejects if
 * the archive cannot be read to its end. A fault of its content is reported later, because its digest counts first.
 */
export async function readArchive(
  archive: Readable,
  name: string,
  file: string,
  content: Content
): Promise<ReadArchive> {
  const check = async (copy: Readable): Promise<() => string | undefined> => {
    try {
      const release = await (content === 'thin'
        ? thinArchive(copy, name, createWriteStream(file, { flags: 'wx' }))
        : checkArchive(copy, name))
      return () => release
    } catch (error) {
      return () => {
        throw error
      }
    }
  }
  const write = async (copy: Readable): Promise<void> => {
    await pipeline(copy, createWriteStream(file, { flags: 'wx' }))
  }
  try {
    const [measured, release] = await readByAll(
      archive,
      measure,
      check,
      content === 'whole' ? write : undefined
    )
    return { measured, release }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}
