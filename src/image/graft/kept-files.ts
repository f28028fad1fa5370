import { createWriteStream } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack, type Pack } from 'tar-stream'
import { Failure } from '../../lib/errors.js'
import { PRIVATE_FILE } from '../../lib/modes.js'
import { entriesOfTar, type TarEntry } from '../../lib/tar-entries.js'
import type { Bytes } from '../../lib/values.js'

/** What became of the files of an image. */
export interface KeptFiles {
  files: number
  bytes: Bytes
  /** Folders with files that were left behind, and the size of these. */
  left: Map<string, Bytes>
  /** Native libraries that were kept. */
  libraries: string[]
}

const LIBRARY = /\.so(?:\.\d+)*$/

/** Copies entries of the archive of a whole image to an archive, with their times, owners and modes. */
export async function copyKept(
  image: Readable,
  archive: string,
  keeps: (file: string) => boolean
): Promise<KeptFiles> {
  const tar = pack()
  const written = pipeline(tar, createWriteStream(archive, { mode: PRIVATE_FILE }))
  written.catch(() => undefined)
  const found: KeptFiles = { files: 0, bytes: 0, left: new Map(), libraries: [] }
  for await (const entry of entriesOfTar(image)) {
    const { type, size = 0 } = entry.header
    const file = pathOf(entry.header.name)
    if (file === '/' || !['file', 'link', 'symlink', 'directory'].includes(type ?? '')) entry.resume()
    else if (!keeps(file)) {
      entry.resume()
      const folder = file.split('/').slice(0, 3).join('/')
      if (type !== 'directory') found.left.set(folder, (found.left.get(folder) ?? 0) + size)
    } else {
      const target = pathOf(entry.header.linkname ?? '')
      if (type === 'link' && !keeps(target)) throw linkFailure(file, target)
      if (type === 'file' && LIBRARY.test(file)) found.libraries.push(file)
      if (type !== 'directory') found.files++
      found.bytes += size
      await copyEntry(tar, entry)
    }
  }
  tar.finalize()
  await written
  return found
}

async function copyEntry(tar: Pack, entry: TarEntry): Promise<void> {
  const { header } = entry
  if (header.type === 'file' && (header.size ?? 0) > 0) return await pipeline(entry, tar.entry({ ...header }))
  entry.resume()
  await new Promise<void>((resolve, reject) => {
    tar.entry({ ...header }, '', (error) => (error ? reject(error) : resolve()))
  })
}

const pathOf = (name: string): string => path.posix.resolve('/', name)

function linkFailure(file: string, target: string): Failure {
  return new Failure('image', `${file} of the image is a hard link to ${target}, which is left behind.`, {
    fix: 'Build the image with a copy of the file, or on debian:trixie-slim, where its layers stay as they are.'
  })
}
