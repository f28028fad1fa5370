import { createHash, type Hash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { hashOfFile } from '../lib/digest.js'

/**
 * The sha256 of everything that goes into an image, in hexadecimal: names and content of the files, and the values. The
 * order of the parts counts; the times of the files do not.
 */
export async function fingerprint(parts: {
  /** Files and folders, by what they are called in the image. */
  files: ReadonlyMap<string, string>
  /** Anything that JSON can say. */
  values: unknown
}): Promise<string> {
  const hash = createHash('sha256')
  add(hash, JSON.stringify(parts.values))
  for (const [source, target] of [...parts.files].sort(([, a], [, b]) => compare(a, b)))
    await addTree(hash, source, target)
  return hash.digest('hex')
}

async function addTree(hash: Hash, source: string, target: string): Promise<void> {
  // As in the image: what a link leads to.
  const entry = await stat(source)
  if (entry.isDirectory()) {
    for (const name of (await readdir(source)).sort(compare)) {
      await addTree(hash, path.join(source, name), path.posix.join(target, name))
    }
    return
  }
  const content = await hashOfFile(source)
  add(hash, `${target}\0${entry.mode & 0o111 ? 'x' : '-'}\0${content.digest('hex')}`)
}

/** With its length in front: so that no two lists of parts are the same text. */
function add(hash: Hash, text: string): void {
  hash.update(`${Buffer.byteLength(text)}\0${text}`)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
