import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ARCHIVE_DIR, ARCHIVE_FILES } from '../lib/image-paths.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import { setTimes } from './times.js'

export interface ArchiveForImage {
  /** Path of the archive on the runner. */
  file: string
  /** Returns the option with which the JVM uses the archive at a path. */
  option: (file: string) => string
}

/**
 * Puts the archive of classes into a build context, or an empty list of options where there is none; a former one is replaced. The
 * tree has a layer of its own in the image.
 */
export async function writeArchiveTree(context: string, archive: ArchiveForImage | undefined): Promise<void> {
  const tree = path.join(context, 'trees/archive')
  const folder = path.join(tree, ARCHIVE_DIR)
  await rm(tree, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const inImage = archive && `${ARCHIVE_DIR}/${path.basename(archive.file)}`
  if (archive && inImage !== undefined) {
    const { size } = await stat(archive.file)
    await linkOrCopy(archive.file, path.join(folder, path.basename(archive.file)))
    await writeFile(path.join(folder, ARCHIVE_FILES.size), `${size} ${inImage}\n`)
  }
  const options = archive && inImage !== undefined ? `${archive.option(inImage)}\n` : ''
  await writeFile(path.join(folder, ARCHIVE_FILES.options), options)
  await setTimes(tree)
}
