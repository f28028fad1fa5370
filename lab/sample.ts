import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'
import { ensureCommand } from './debian.js'
import { hashFolder } from './hash.js'
import { PROJECT } from './home.js'
import type { Progress } from './progress.js'

/** LAB_CONTEXT, or the sample application, built by Maven and kept until its sources change. */
export async function ensureSample(name: string, progress: Progress): Promise<string> {
  const given = process.env['LAB_CONTEXT']
  if (given) return path.resolve(given)

  const sources = path.join(PROJECT, 'samples', name)
  const context = path.join(sources, 'target/docker/main')
  const stamp = path.join(sources, 'target/lab-sources')
  const hash = await hashFolder(sources)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return context

  await ensureCommand('mvn', ['maven', 'default-jdk-headless'], progress)
  progress(`Building ${name} with Maven ...`)
  await run('mvn', ['--quiet', '--batch-mode', 'clean', 'package'], { cwd: sources })
  await writeFile(stamp, hash)
  return context
}
