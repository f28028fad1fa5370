import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { entriesOfTar } from '../lib/tar-entries.js'
import type { Bytes } from '../lib/values.js'
import { removeContainer, RUN_LABEL } from './containers.js'
import type { Docker } from './docker.js'
import { namesOf } from './names.js'

/** Maximum size of a file whose text is read: entry scripts and lists are smaller. */
const LARGEST_TEXT: Bytes = 1024 * 1024

/** Maximum number of links to follow, as in the kernel. */
const MOST_LINKS = 40

/** Files of an image, which is not started for it: it may have no shell. */
export interface ImageFiles {
  /** Returns the text of a file, behind all links; undefined where there is none, or where it has more than 1 MB. */
  text: (file: string) => Promise<string | undefined>
  /** Returns whether there is a file behind all links. */
  has: (file: string) => Promise<boolean>
  /**
   * Returns the path of a file behind its links; undefined where it is not found. Links in the folders above it are kept, so that a
   * relative link below such a folder may lead elsewhere.
   */
  resolve: (file: string) => Promise<string | undefined>
}

/** An image whose files are read. */
interface ReadImage {
  run: string
  image: string
}

interface Entry {
  link: string | undefined
  text: string | undefined
}

/** Gives the files of an image to the work. */
export async function withImageFiles<T>(
  docker: Docker,
  image: ReadImage,
  work: (files: ImageFiles) => Promise<T>
): Promise<T> {
  return await withContainer(docker, image, (name) =>
    work({
      text: async (file) => (await entryOf(docker, name, file, ['--follow-link']))?.text,
      has: async (file) => (await entryOf(docker, name, file, ['--follow-link'])) !== undefined,
      resolve: async (file) => await behindLinks(docker, name, file)
    })
  )
}

/** Gives a name to the work under which `docker export` and `docker cp` read an image: a container that is never started, and removed. */
export async function withContainer<T>(
  docker: Docker,
  { run, image }: ReadImage,
  work: (container: string) => Promise<T>
): Promise<T> {
  const name = `${namesOf(run).container}-files`
  const label = ['--label', `${RUN_LABEL}=${run}`]
  // Docker wants a command, which need not exist.
  const flags = ['--name', name, ...label, '--network', 'none', '--entrypoint', '-']
  await docker.run(['create', ...flags, '--', image])
  try {
    return await work(name)
  } finally {
    await removeContainer(docker, name)
  }
}

async function behindLinks(docker: Docker, container: string, given: string): Promise<string | undefined> {
  let file = path.posix.normalize(given)
  for (let links = 0; file.startsWith('/') && links < MOST_LINKS; links++) {
    const entry = await entryOf(docker, container, file)
    if (entry?.link === undefined) return entry && file
    file = path.posix.resolve(path.posix.dirname(file), entry.link)
  }
  return undefined
}

async function entryOf(
  docker: Docker,
  container: string,
  file: string,
  options: readonly string[] = []
): Promise<Entry | undefined> {
  try {
    return await docker.stream(['cp', ...options, `${container}:${file}`, '-'], async (archive) => {
      let first: Entry | undefined
      for await (const entry of entriesOfTar(archive)) {
        const { type, linkname, size = 0 } = entry.header
        if (first === undefined && type === 'file' && size <= LARGEST_TEXT) {
          const parts: Buffer[] = []
          for await (const part of entry) parts.push(part as Buffer)
          first = { link: undefined, text: Buffer.concat(parts).toString('utf8') }
          continue
        }
        first ??= { link: type === 'symlink' ? (linkname ?? undefined) : undefined, text: undefined }
        entry.resume()
      }
      return first
    })
  } catch (error) {
    if (error instanceof Failure && NOT_THERE.test(error.evidence ?? '')) return undefined
    throw error
  }
}

/** What the Docker client says of a path that is not in a container. */
const NOT_THERE = /Could not find the file|no such file or directory|not a directory/i
