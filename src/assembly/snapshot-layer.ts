import { createReadStream, createWriteStream } from 'node:fs'
import path from 'node:path'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Header } from 'tar-stream'
import type { Docker } from '../docker/docker.js'
import type { LayerContent, LayerPlan } from '../image/layer-tar.js'
import { CRAC_DIR, HOME_DIR, SNAPSHOT_DIR } from '../lib/image-paths.js'
import { PRIVATE_FILE } from '../lib/modes.js'
import { entriesOfTar } from '../lib/tar-entries.js'
import type { Bytes } from '../lib/values.js'

/** The container in which the snapshot was taken, and what of it gets into the image. */
export interface SnapshotSource {
  docker: Docker
  container: string
  /** Files of the snapshot, in any order. */
  files: readonly { name: string; size: Bytes }[]
  /** Owner of the files in the image. */
  user: { uid: number; gid: number }
  /** Existing folder of the run, for a copy of the files that the application wrote. */
  work: string
}

/** Folders with the files that the application wrote before the checkpoint: the restored process expects them unchanged. */
const WRITTEN = ['/tmp', HOME_DIR]

/** Folders above those of the layer. */
const PARENTS = [path.dirname(HOME_DIR), path.dirname(CRAC_DIR), CRAC_DIR]

/** For a start with a mount on /tmp, such as that of a container with a read-only root. */
const TMP_COPY = `${CRAC_DIR}/tmp`

/** A file of the snapshot is for the user of the application only. */
const SNAPSHOT_MODE = 0o400

/**
 * Returns the layer with the snapshot, and with the files that the application wrote. Its content comes out of the container when the
 * layer is read, for the snapshot in one stream.
 */
export async function planSnapshotLayer(source: SnapshotSource): Promise<LayerPlan> {
  const { docker, container, files, user, work } = source
  const owned = { ...user, type: 'directory' as const, mtime: new Date(0) }
  const folders = await foldersOf(docker, container, [...PARENTS, ...WRITTEN])
  const [parents, tops] = [folders.slice(0, PARENTS.length), folders.slice(PARENTS.length)]
  const written = await Promise.all(
    WRITTEN.map(async (folder, index) => {
      const file = path.join(work, `written-${index + 1}.tar`)
      await docker.stream(['cp', `${container}:${folder}`, '-'], (tar) =>
        pipeline(tar, createWriteStream(file, { mode: PRIVATE_FILE }))
      )
      // Where Docker remaps users, a copy has the owners of the host.
      const { uid, gid } = tops[index] as Header
      return { file, folder, top: { uid, gid } }
    })
  )
  const [tmp] = written
  const copy = tmp && { ...tmp, folder: TMP_COPY, top: { ...user, mode: 0o755 } }
  const sections = await Promise.all(
    [...written, ...(copy ? [copy] : [])].map(async (section) => ({
      ...section,
      headers: await writtenHeaders(section, user)
    }))
  )
  const snapshot = [...files].sort((one, other) => (one.name < other.name ? -1 : 1))
  return {
    headers: [
      ...parents,
      ...sections.flatMap(({ headers }) => headers),
      { ...owned, name: nameOf(SNAPSHOT_DIR), mode: 0o755 },
      ...snapshot.map(({ name, size }) => ({
        ...owned,
        name: nameOf(`${SNAPSHOT_DIR}/${name}`),
        type: 'file' as const,
        mode: SNAPSHOT_MODE,
        size
      }))
    ] as Header[],
    contents: async function* () {
      for (const { file, folder } of sections) yield* contentsIn(createReadStream(file), folder)
      yield* outOf(docker, container, SNAPSHOT_DIR)
    }
  }
}

function nameOf(folder: string): string {
  return path.posix.relative('/', folder)
}

/** Returns the headers of folders of a container, as they are there. */
async function foldersOf(docker: Docker, container: string, folders: readonly string[]): Promise<Header[]> {
  const lines = (await docker.run(['exec', container, 'stat', '-c', '%a %u %g %F', '--', ...folders])).split(
    '\n'
  )
  return folders.map((folder, index) => {
    const match = /^(\d+) (\d+) (\d+) directory$/.exec(lines[index] ?? '')
    if (!match) throw new Error(`${folder} is not a folder in the image`)
    const [mode = 0, uid = 0, gid = 0] = [parseInt(match[1] ?? '', 8), Number(match[2]), Number(match[3])]
    return { name: nameOf(folder), type: 'directory', mode, uid, gid, mtime: new Date(0) } as Header
  })
}

interface WrittenFiles {
  /** Copy of a folder of the container, as a tar archive. */
  file: string
  /** Where its files are in the image. */
  folder: string
  /** What the folder itself has there other than in the container. */
  top: Partial<Header>
}

/** Returns the headers of what the application wrote into a folder. */
async function writtenHeaders(
  { file, folder, top }: WrittenFiles,
  user: SnapshotSource['user']
): Promise<Header[]> {
  const headers: Header[] = []
  for await (const entry of entriesOfTar(createReadStream(file))) {
    entry.resume()
    const { name, mode, uid, gid, size, mtime, type, linkname } = entry.header
    const rest = below(name)
    if (rest === '' && type !== 'directory') throw new Error(`${folder} is a ${type}`)
    // A hard link names a file of the same archive.
    const target = type === 'link' ? path.posix.join(nameOf(folder), below(linkname ?? '')) : linkname
    headers.push({
      ...{ name: path.posix.join(nameOf(folder), rest), type, mode, uid, gid, size, mtime, linkname: target },
      ...(rest === '' ? top : user)
    } as Header)
  }
  return headers
}

/** Yields the content of the files of a tar archive that are not empty, with the folder as their top folder. */
async function* contentsIn(tar: Readable, folder: string): AsyncGenerator<LayerContent> {
  for await (const entry of entriesOfTar(tar)) {
    const { name, type, size } = entry.header
    if (type !== 'file' || size === 0) entry.resume()
    else
      yield { name: path.posix.join(nameOf(folder), below(name)), bytes: entry as AsyncIterable<Uint8Array> }
  }
}

/** Yields the content of the files of a folder of a container. */
async function* outOf(docker: Docker, container: string, folder: string): AsyncGenerator<LayerContent> {
  const handed = new PassThrough({ highWaterMark: 1024 * 1024 })
  const copying = docker.stream(['cp', `${container}:${folder}`, '-'], (tar) => pipeline(tar, handed))
  copying.catch((error: unknown) => handed.destroy(error as Error))
  let complete = false
  try {
    yield* contentsIn(handed, folder)
    complete = true
  } finally {
    // A copy that nobody reads locks its container: Docker then answers no other command about it.
    if (!complete) {
      handed.destroy()
      await copying.catch(() => undefined)
    }
  }
  await copying
}

/** Returns a path without its first part and without a slash at its end. */
function below(name: string): string {
  return name.replace(/^[^/]*\/?/, '').replace(/\/$/, '')
}
