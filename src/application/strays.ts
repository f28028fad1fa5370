import { lstat, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { Failure, messageOf } from '../lib/errors.js'

/**
 * Refuses files that must not get into an image: what a symbolic link brings in from outside the folders, and what is no file at all
 * (a pipe, a device). A pull request can bring such links; the runner has logins and keys.
 */
export async function refuseStrays(sources: Iterable<string>, folders: readonly string[]): Promise<void> {
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)))
  for (const source of sources) await look(source, roots, new Set())
}

async function look(file: string, roots: readonly string[], above: ReadonlySet<string>): Promise<void> {
  const real = await realpath(file).catch((error: unknown) => {
    throw stray(file, `cannot be followed (${messageOf(error)})`)
  })
  if (!roots.some((root) => real === root || real.startsWith(`${root.replace(/\/$/, '')}/`)))
    throw stray(file, `leads to ${real}, which is outside of the workspace and of \`context\``)
  const entry = await lstat(real)
  if (entry.isFile()) return
  if (!entry.isDirectory()) throw stray(file, 'is neither a file nor a folder')
  if (above.has(real)) throw stray(file, 'leads to a folder that it lies in')
  for (const name of await readdir(real)) await look(path.join(file, name), roots, new Set([...above, real]))
}

function stray(file: string, why: string): Failure {
  return new Failure('input', `${file} ${why}; it does not go into an image.`, {
    fix: 'Copy what the application needs into `context`, and leave links out of it that lead elsewhere.'
  })
}
