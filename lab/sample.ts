import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from './command.js'
import { ensureCommand } from './debian.js'
import { hashFolder } from './hash.js'
import { isRoot, PROJECT } from './home.js'
import type { Progress } from './progress.js'

/** LAB_CONTEXT, or the sample application, built by Maven and kept until its sources change. */
export async function ensureSample(
  name: string,
  environment: NodeJS.ProcessEnv,
  progress: Progress
): Promise<string> {
  const given = process.env['LAB_CONTEXT']
  if (given) return path.resolve(given)

  const sources = path.join(PROJECT, 'samples', name)
  const context = path.join(sources, 'target/docker/main')
  const stamp = path.join(sources, 'target/lab-sources')
  const hash = await hashFolder(sources)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return context

  progress(`Building ${name} with Maven ...`)
  const maven = ['mvn', '--quiet', '--batch-mode', 'clean', 'package']
  if (isRoot()) await ensureCommand('mvn', ['maven', 'default-jdk-headless'], progress)
  if ((await attempt('which', ['mvn'])).code === 0) await run('mvn', maven.slice(1), { cwd: sources })
  else await buildInContainer(sources, maven, environment)
  await writeFile(stamp, hash)
  return context
}

const MAVEN_IMAGE = 'maven:3-eclipse-temurin-17'

/** Where there is no Maven, and nobody to install it: Maven's own image. Files go by copy, as in the action itself. */
async function buildInContainer(
  sources: string,
  maven: string[],
  environment: NodeJS.ProcessEnv
): Promise<void> {
  const docker = async (...args: string[]): Promise<string> => await run('docker', args, { env: environment })
  const container = await docker('create', '--workdir', '/sample', MAVEN_IMAGE, ...maven)
  try {
    await docker('cp', `${sources}/.`, `${container}:/sample`)
    await docker('start', '--attach', container)
    await docker('cp', `${container}:/sample/target`, sources)
  } finally {
    await docker('rm', '--force', container)
  }
}
