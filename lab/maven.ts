import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ensureBuiltImage } from './built-image.js'
import { attempt, run } from './command.js'
import { ensureCommand } from './debian.js'
import { hashFolder } from './hash.js'
import { isRoot, labHome } from './home.js'
import { withLock } from './lock.js'
import type { Progress } from './progress.js'

/** What a build happens in. */
export interface BuildWorld {
  /** Environment in which `docker` reaches the engine. */
  environment: NodeJS.ProcessEnv
  baseImage: string
}

const PACKAGE = ['--quiet', '--batch-mode', 'clean', 'package']

/** Builds the Maven project in a folder, and keeps what is in its target/ until its sources change. */
export async function ensureMavenBuild(
  sources: string,
  world: BuildWorld,
  progress: Progress
): Promise<void> {
  const stamp = path.join(sources, 'target/lab-sources')
  const hash = await hashFolder(sources)
  const lock = path.join(labHome(), 'maven')
  await mkdir(lock, { recursive: true })
  await withLock(lock, async () => {
    if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return
    await build(sources, world, progress)
    await writeFile(stamp, hash)
  })
}

async function build(sources: string, world: BuildWorld, progress: Progress): Promise<void> {
  progress(`Building ${path.basename(sources)} with Maven ...`)
  if (isRoot()) await ensureCommand('mvn', ['maven', 'default-jdk-headless'], progress)
  const jdk = await jdkFor(await releaseOf(sources))
  if (jdk !== undefined && (await attempt('which', ['mvn'])).code === 0)
    await run('mvn', PACKAGE, { cwd: sources, env: { ...process.env, JAVA_HOME: jdk } })
  else await buildInContainer(sources, world, progress)
}

/** The version of Java that the project is compiled for. */
async function releaseOf(sources: string): Promise<number> {
  const poms = [path.join(sources, 'pom.xml'), parentPom(sources)]
  const texts = await Promise.all(poms.map(async (pom) => await readFile(pom, 'utf8').catch(() => '')))
  return Number(/<(maven\.compiler\.release|java\.version)>(\d+)</.exec(texts.join('\n'))?.[2])
}

/** Path at which Maven reads the parent of a project. */
function parentPom(sources: string): string {
  return path.join(path.dirname(sources), 'pom.xml')
}

/** Home of the oldest JDK on this machine that can compile for a version of Java. */
async function jdkFor(release: number): Promise<string | undefined> {
  const folder = '/usr/lib/jvm'
  const places = [
    process.env['JAVA_HOME'],
    ...(await readdir(folder).catch(() => [])).map((name) => path.join(folder, name))
  ]
  const jdks: { home: string; version: number }[] = []
  for (const home of places) {
    if (home === undefined || !existsSync(path.join(home, 'bin/javac'))) continue
    const facts = await readFile(path.join(home, 'release'), 'utf8').catch(() => '')
    const version = Number(/^JAVA_VERSION="(\d+)/m.exec(facts)?.[1])
    if (version >= release) jdks.push({ home, version })
  }
  return jdks.sort((a, b) => a.version - b.version)[0]?.home
}

/** Where there is no Maven, or no JDK that is new enough: Debian's, in a container. Files go by copy, as in the action itself. */
async function buildInContainer(
  sources: string,
  { environment, baseImage }: BuildWorld,
  progress: Progress
): Promise<void> {
  const docker = async (...args: string[]): Promise<string> => await run('docker', args, { env: environment })
  const image = await ensureBuiltImage('maven', environment, baseImage, progress)
  const container = await docker('create', '--workdir', '/sample', image, 'mvn', ...PACKAGE)
  try {
    await docker('cp', `${sources}/.`, `${container}:/sample`)
    if (existsSync(parentPom(sources))) await docker('cp', parentPom(sources), `${container}:/pom.xml`)
    await docker('start', '--attach', container)
    await docker('cp', `${container}:/sample/target`, sources)
  } finally {
    await docker('rm', '--force', container)
  }
}
