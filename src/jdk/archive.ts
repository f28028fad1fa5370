import path from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { pack, type Header, type Pack } from 'tar-stream'
import { Failure, messageOf } from '../lib/errors.js'
import { entriesOfTar, type TarEntry } from '../lib/tar-entries.js'

/** Limits far above those of any JDK. `size` is that of the unpacked files, in bytes. */
const LIMITS = { entries: 100_000, size: 4 * 1024 ** 3 }

/** Maximum size of the file `release`, in bytes: real ones have about 2000. */
const MAX_RELEASE_SIZE = 64 * 1024

const SETUID = 0o6000
const KNOWN_TYPES = new Set(['file', 'directory', 'symlink', 'link', 'contiguous-file'])

/** Files and folders of a JDK that only developers need, by their paths below its top folder. */
const FOR_DEVELOPERS = /^[^/]+\/(?:jmods|demo|sample|man|include|(?:lib\/)?src\.zip)(?:\/|$)/

/** Size of the pieces of an unpacked archive, in bytes. */
const PIECE = 256 * 1024

/**
 * Checks the entries of a .tar.gz: one top folder, no path or link to the outside, no path through a link, no devices, no setuid bit
 * except that of lib/criu, limited in count and size. Throws a Failure for anything else. Writes a .tar.gz with what an image needs
 * of them. Returns the text of the file `release`, which describes the JDK; undefined if there is none.
 */
export async function thinArchive(
  packed: Readable,
  name: string,
  destination: Writable,
  limits = LIMITS
): Promise<string | undefined> {
  const thin = pack()
  let unwritten: Error | undefined
  const writing = pipeline(thin, createGzip({ level: 1 }), destination)
  writing.catch((error: Error) => {
    if ('syscall' in error) unwritten = error
    thin.destroy(error)
  })
  try {
    const release = await copyEntries(packed, name, limits, thin)
    thin.finalize()
    await writing
    return release
  } catch (error) {
    const cause = unwritten ?? error
    thin.destroy()
    await Promise.allSettled([writing])
    throw cause
  }
}

/** Checks the entries of a .tar.gz as thinArchive does. Returns the text of its file `release`. */
export async function checkArchive(
  packed: Readable,
  name: string,
  limits = LIMITS
): Promise<string | undefined> {
  return await copyEntries(packed, name, limits)
}

async function copyEntries(
  packed: Readable,
  archive: string,
  limits: typeof LIMITS,
  thin?: Pack
): Promise<string | undefined> {
  let entries = 0
  let size = 0
  let top: string | undefined
  let release: string | undefined
  const links = new Links()
  try {
    for await (const entry of entriesOfTar(packed, createGunzip({ chunkSize: PIECE }))) {
      const { header } = entry
      entries++
      size += header.size ?? 0
      top ??= topOf(header.name)
      const problem = problemOf(header, top) ?? links.problemOf(header)
      if (problem !== undefined) throw refused(archive, problem)
      if (entries > limits.entries) throw refused(archive, `it has more than ${limits.entries} entries`)
      if (size > limits.size) throw refused(archive, `it unpacks to more than ${limits.size} bytes`)
      const content = isRelease(header) ? await buffer(entry) : undefined
      if (content) release = content.toString('utf8')
      if (thin && !isForDevelopers(header.name)) await copyEntry(archive, entry, content, thin)
      else entry.resume()
    }
  } catch (error) {
    throw error instanceof Failure ? error : refused(archive, `it is not a .tar.gz (${messageOf(error)})`)
  }
  if (top === undefined) throw refused(archive, 'it is empty')
  return release
}

async function copyEntry(
  archive: string,
  entry: TarEntry,
  content: Buffer | undefined,
  thin: Pack
): Promise<void> {
  const { name, type, linkname = '' } = entry.header
  if (type === 'link' && isForDevelopers(linkname))
    throw refused(archive, `${name} is a link to ${linkname}, which is left out`)
  if (type === 'file' || type === 'contiguous-file') {
    const source = content ? Readable.from([content], { objectMode: false }) : entry
    await pipeline(source, thin.entry({ ...entry.header }))
    return
  }
  entry.resume()
  thin.entry({ ...entry.header, size: 0 })
}

function isForDevelopers(name: string): boolean {
  return FOR_DEVELOPERS.test(partsOf(name).join('/'))
}

function isRelease({ name, type, size = 0 }: Header): boolean {
  return type === 'file' && /^(?:\.\/)?[^/]+\/release$/.test(name) && size <= MAX_RELEASE_SIZE
}

function problemOf(header: Header, top: string): string | undefined {
  const { name, type, linkname } = header
  if (!KNOWN_TYPES.has(type ?? 'unknown')) return `${name} is a ${type ?? 'entry of unknown type'}`
  if (!isBelow(name, top)) return `${name} is outside its top folder ${top}`
  if (goesUpLater(name)) return `${name} has \`..\` after a folder`
  if (goesUpLater(linkname ?? '')) return `${name} links to ${linkname}, which has \`..\` after a folder`
  if (type === 'link' && !isBelow(linkname ?? '', top))
    return `${name} links to ${linkname}, outside its top folder`
  if (type === 'symlink') {
    const target = path.posix.join(path.posix.dirname(name), linkname ?? '')
    if ((linkname ?? '').startsWith('/') || !isBelow(target, top)) {
      return `${name} links to ${linkname}, outside its top folder`
    }
  }
  // On a folder the bit does not grant privileges.
  if (
    ((header.mode ?? 0) & SETUID) !== 0 &&
    type !== 'directory' &&
    type !== 'symlink' &&
    !name.endsWith('/lib/criu')
  )
    return `${name} has a setuid bit`
  return undefined
}

/** The symbolic links of an archive. A path through one of them leads elsewhere than its text says. */
class Links {
  private readonly links = new Set<string>()
  private readonly folders = new Set<string>()

  /** Returns what is wrong with an entry because of the links before it, or with a link because of the entries before it. */
  problemOf({ name, type }: Header): string | undefined {
    const path = partsOf(name).join('/')
    if (type === 'symlink') this.links.add(path)
    if (type === 'symlink' && this.folders.has(path)) return `${name} is a link and a folder`
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (this.links.has(folder)) return `${name} is below the link ${folder}`
      if (this.folders.has(folder)) break
      this.folders.add(folder)
    }
    return undefined
  }
}

function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

/** Returns whether a path goes up after it went down: through a link it then leads to another place than it seems. */
function goesUpLater(name: string): boolean {
  const parts = partsOf(name)
  const down = parts.findIndex((part) => part !== '..')
  return down >= 0 && parts.slice(down).includes('..')
}

function topOf(name: string): string {
  return path.posix.normalize(name).split('/')[0] ?? ''
}

function isBelow(name: string, top: string): boolean {
  const normal = path.posix.normalize(name).replace(/\/$/, '')
  return top !== '' && top !== '..' && (normal === top || normal.startsWith(`${top}/`))
}

function refused(archive: string, why: string): Failure {
  return new Failure('jdk', `${archive} is not used: ${why}.`, {
    fix: 'Use the archive of a JDK as its vendor publishes it: a .tar.gz with one top folder.'
  })
}
