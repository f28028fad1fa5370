import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { Failure, messageOf } from '../lib/errors.js'
import { entriesOfTar } from '../lib/tar-entries.js'
import { packLayer, type ArchivedLayer } from './layer-file.js'

/** Maximum size of a JSON document in the archive, in bytes: larger files are layers. */
const LARGEST_DOCUMENT = 8 * 1024 * 1024

/** Maximum number of JSON documents: an image has one for each layer, and a few more. */
const MOST_DOCUMENTS = 1000

/** What archives of Docker (`docker save`) have of an image. */
export interface ImageArchive {
  /** Entries that can be layers, by their names. */
  entries: ReadonlyMap<string, ArchivedLayer>
  /** JSON documents, by their names. */
  documents: ReadonlyMap<string, Buffer>
  /** Links of older versions of Docker, which store a layer once. */
  links: ReadonlyMap<string, string>
}

export interface Packing {
  /** Uncompressed digests of layers that are not packed. */
  known: ReadonlySet<string>
  /** Existing folder for the files of the layers. */
  folder: string
}

/**
 * Reads an archive of Docker, and compresses its layers into files; without `packing` only its documents are read. Throws a Failure
 * of category `runner` if it is not an archive of an image.
 */
export async function readImageArchive(
  archive: Readable,
  packing: Packing | undefined
): Promise<ImageArchive> {
  const files: string[] = []
  try {
    return await readEntries(archive, packing, files)
  } catch (error) {
    await Promise.all(files.map((file) => rm(file, { force: true })))
    throw error instanceof Failure || isSystemError(error) ? error : unexpectedExport(messageOf(error))
  }
}

/** Returns whether an error is one of the operating system, such as a full disk. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

async function readEntries(
  archive: Readable,
  packing: Packing | undefined,
  files: string[]
): Promise<ImageArchive> {
  const entries = new Map<string, ArchivedLayer>()
  const documents = new Map<string, Buffer>()
  const links = new Map<string, string>()
  for await (const entry of entriesOfTar(archive)) {
    const { name, type, linkname, size = 0 } = entry.header
    if (type === 'symlink' && linkname) links.set(name, path.posix.join(path.posix.dirname(name), linkname))
    const digest = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1]
    const isBlob = digest !== undefined || path.posix.basename(name) === 'layer.tar'
    if (type !== 'file' || (!isBlob && !name.endsWith('.json'))) {
      entry.resume()
    } else if (digest !== undefined && packing?.known.has(`sha256:${digest}`)) {
      entries.set(name, { rawSize: size, diffId: `sha256:${digest}`, packed: undefined })
      entry.resume()
    } else {
      const small = size <= LARGEST_DOCUMENT ? await collected(entry) : undefined
      if (name.endsWith('.json') || (small && isDocument(small))) {
        if (!small) throw unexpectedExport(`${name} has ${size} bytes`)
        documents.set(name, small)
        if (documents.size > MOST_DOCUMENTS)
          throw unexpectedExport(`the archive has more than ${MOST_DOCUMENTS} JSON documents`)
        continue
      }
      if (!packing) {
        entries.set(name, { rawSize: size, diffId: undefined, packed: undefined })
        entry.resume()
        continue
      }
      const packed = await packLayer(small ? Readable.from([small]) : entry, packing.folder)
      entries.set(name, packed)
      if (packed.packed) files.push(packed.packed.file)
    }
  }
  return { entries, documents, links }
}

// A tar archive begins with a name, and has its magic number at offset 257.
function isDocument(bytes: Buffer): boolean {
  return bytes.at(0) === 0x7b && bytes.toString('latin1', 257, 262) !== 'ustar'
}

async function collected(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** Returns the Failure of an export by Docker that is not the image. */
export function unexpectedExport(why: string): Failure {
  return new Failure('runner', `Docker did not export the image to push: ${why}.`, {
    fix: 'Update Docker to version 24 or newer, and run the job again.'
  })
}
