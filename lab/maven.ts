import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from './command.js'
import { ensureCommand } from './debian.js'
import { hashFolder } from './hash.js'
import { isRoot } from './home.js'
import type { Progress } from './progress.js'

/** Builds the Maven project in a folder, and keeps what is in its target/ until its sources change. */
export async function ensureMavenBuild(
  sources: string,
  environment: NodeJS.ProcessEnv,
  progress: Progress
): Promise<void> {
  const stamp = path.join(sources, 'target/lab-sources')
  const hash = await hashFolder(sources)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return

  progress(`Building ${path.basename(sources)} with Maven ...`)
  const maven = ['mvn', '--quiet', '--batch-mode', 'clean', 'package']
  if (isRoot()) await ensureCommand('mvn', ['maven', 'default-jdk-headless'], progress)
  if ((await attempt('which', ['mvn'])).code === 0) await run('mvn', maven.slice(1), { cwd: sources })
  else await buildInContainer(sources, maven, environment)
  await writeFile(stamp, hash)
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
