import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Docker } from '../../docker/docker.js'
import { counted } from '../../lib/counted.js'
import { PRIVATE_FILE } from '../../lib/modes.js'
import { entriesOfTar } from '../../lib/tar-entries.js'
import type { Bytes } from '../../lib/values.js'

/** A file or a folder that a start command writes. */
export interface WrittenFile {
  /** That of its entry in a tar archive. */
  type: string
  mode: number
  mtime: Date
  size: Bytes
  /** Digest of its content; empty for a folder, the files of which are on their own. */
  digest: string
  /** Copy of its content on the runner; undefined for a folder. */
  copy: string | undefined
}

/** Path in the image → what is there, parent folders first. */
export type WrittenFiles = ReadonlyMap<string, WrittenFile>

/** Most files that a start command may write. */
const MOST_FILES = 200

/** Folders in which files come and go. */
const ALWAYS_CHANGED = new Set(['/tmp', '/var/tmp', '/run', '/dev'])

const TEMPORARY = /^\/(?:var\/)?tmp\/./

/**
 * Copies the files that a container has added or changed to a folder on the runner. Those below /tmp and /var/tmp are only named:
 * `temporary`. `own` is the folder of the action in the container.
 */
export async function filesWritten(
  docker: Docker,
  { name, folder, own }: { name: string; folder: string; own: string }
): Promise<{ written: WrittenFiles; temporary: string[] } | { problem: string }> {
  const all = (await docker.run(['diff', name])).split('\n').flatMap((line) => {
    const [, kind = '', file = ''] = /^([ACD]) (.*)$/.exec(line) ?? []
    return file === '' || `${file}/`.startsWith(`${own}/`) ? [] : [{ kind, file }]
  })
  const removed = all.find(({ kind }) => kind === 'D')
  if (removed) return { problem: `it removes ${removed.file}` }
  const temporary = all.map(({ file }) => file).filter((file) => TEMPORARY.test(file))
  const changes = all.filter(({ file }) => !TEMPORARY.test(file))
  const written = new Map<string, WrittenFile>()
  for (const { kind, file } of changes.sort((a, b) => (a.file < b.file ? -1 : 1))) {
    const isParent = changes.some((other) => other.file.startsWith(`${file}/`))
    if (kind === 'C' && (isParent || ALWAYS_CHANGED.has(file) || own.startsWith(`${file}/`))) continue
    if (!/^[\w./@%+=:,~ -]+$/.test(file)) return { problem: 'it writes a file with an unusual name' }
    if (written.size === MOST_FILES) return { problem: `it writes more than ${MOST_FILES} files` }
    const copied = await copyOf(docker, `${name}:${file}`, path.join(folder, `f${written.size}`))
    // A folder in which files were only deleted again.
    if (copied?.type === 'directory' && kind === 'C') continue
    if (copied?.type !== 'file' && copied?.type !== 'directory')
      return { problem: `it writes ${file}, which is not a file` }
    written.set(file, copied)
  }
  return { written, temporary }
}

/** Copies one file; of a folder, only its mode is of interest. */
async function copyOf(docker: Docker, source: string, copy: string): Promise<WrittenFile | undefined> {
  return await docker.stream(['cp', source, '-'], async (archive) => {
    let found: WrittenFile | undefined
    for await (const entry of entriesOfTar(archive)) {
      const { type, mode = 0, mtime = new Date(0) } = entry.header
      if (found !== undefined || type !== 'file') {
        found ??= { type: type ?? '', mode, mtime, size: 0, digest: '', copy: undefined }
        entry.resume()
        continue
      }
      const content = counted()
      await pipeline(entry, content.stream, createWriteStream(copy, { mode: PRIVATE_FILE }))
      found = { type, mode, mtime, size: content.size(), digest: content.digest(), copy }
    }
    return found
  })
}

/**
 * The store of certificates of a Java. What writes certificates to it, as images of buildpacks do at each start, writes the time, too:
 * its bytes are not the same, and nothing in it is a secret.
 */
const TRUST_STORE = /\/lib\/security\/cacerts$/

/** Returns what is not the same in the files of two runs, such as a key that each makes for itself; undefined where all is the same. */
export function differenceOfFiles(one: WrittenFiles, other: WrittenFiles): string | undefined {
  if ([...one.keys()].join('\0') !== [...other.keys()].join('\0')) return 'the files that it writes'
  const name = [...one.keys()].find((file) => identity(file, one) !== identity(file, other))
  return name === undefined ? undefined : `the content or the mode of ${name}`
}

function identity(name: string, files: WrittenFiles): string {
  const file = files.get(name)
  return `${file?.type} ${file?.mode} ${TRUST_STORE.test(name) ? '' : file?.digest}`
}
