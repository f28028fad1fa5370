import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { run } from '../lab/command.js'
import type { Bench } from './bench.js'

const PARTS = ['jmods', 'include', 'man']

/**
 * The archive of the lab with what a JDK has for developers, which the lab's does not have: taken from the JDK of this
 * machine.
 */
export async function developersJdk({ world, folder }: Bench): Promise<string> {
  const jdk = path.resolve(await realpath(await run('which', ['javac'])), '../..')
  if (!existsSync(path.join(jdk, 'jmods'))) throw new Error(`${jdk} has no jmods; install a full JDK`)
  const unpacked = path.join(folder, 'developers-jdk')
  await mkdir(unpacked)
  await run('tar', ['--extract', '--gzip', '--file', world.jdkArchive ?? '', '--directory', unpacked])
  const [top = ''] = await readdir(unpacked)
  for (const part of PARTS.filter((part) => existsSync(path.join(jdk, part))))
    await cp(path.join(jdk, part), path.join(unpacked, top, part), { recursive: true })
  const archive = path.join(folder, 'developers-jdk.tar.gz')
  await run('tar', ['--create', '--gzip', '--file', archive, '--directory', unpacked, top])
  return archive
}
