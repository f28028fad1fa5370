import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../lab/command.js'

const PARTS = ['jmods', 'include', 'man']

/** Size of the sources of a JDK, in bytes. */
const SOURCES = 55_000_000

/** What the archive is, for the conditions of a measurement. */
export const DEVELOPERS_JDK =
  'The JDK has the size of one of a vendor: it is that of the lab with the jmods, headers and manuals of the JDK of this machine, and its sources, or random bytes of their size.'

/**
 * Writes the archive of the lab with what a JDK has for developers, which the lab's does not have, under the same name. Returns its
 * path.
 */
export async function developersJdk(archive: string, folder: string): Promise<string> {
  const jdk = path.resolve(await realpath(await run('which', ['javac'])), '../..')
  if (!existsSync(path.join(jdk, 'jmods'))) throw new Error(`${jdk} has no jmods; install a full JDK`)
  const unpacked = path.join(folder, 'developers-jdk')
  await mkdir(unpacked)
  await run('tar', ['--extract', '--gzip', '--file', archive, '--directory', unpacked])
  const [top = ''] = await readdir(unpacked)
  for (const part of PARTS.filter((part) => existsSync(path.join(jdk, part))))
    await cp(path.join(jdk, part), path.join(unpacked, top, part), { recursive: true })
  const sources = path.join(jdk, 'lib/src.zip')
  const size = await stat(sources).then(
    (file) => file.size,
    () => 0
  )
  // Packages of distributions have it as a link to a file of another package.
  const target = path.join(unpacked, top, 'lib/src.zip')
  if (size > 0) await cp(sources, target, { dereference: true })
  else await writeFile(target, randomBytes(SOURCES))
  const packed = path.join(folder, path.basename(archive))
  await run('tar', ['--create', '--gzip', '--file', packed, '--directory', unpacked, top])
  await run('rm', ['-r', unpacked])
  return packed
}
