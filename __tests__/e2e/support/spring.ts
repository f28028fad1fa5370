import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PROJECT } from '../../../lab/home.js'
import { ensureMavenBuild } from '../../../lab/maven.js'
import { progressOnStderr } from '../../../lab/progress.js'
import { world } from './lab.js'

const SOURCES = path.join(PROJECT, '__tests__/e2e/applications/spring')

export const SPRING_JAR = path.join(SOURCES, 'target/spring-1.0.jar')

export async function ensureSpring(): Promise<void> {
  await ensureMavenBuild(SOURCES, world, progressOnStderr)
}

/** A new folder with the application as classes/ and lib/, of the jars only those that are wanted. */
export async function unpackSpringJar(wanted: (jar: string) => boolean): Promise<string> {
  await ensureSpring()
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-spring-'))
  execFileSync('jar', ['--extract', '--file', SPRING_JAR, 'BOOT-INF'], { cwd: folder })
  for (const name of ['classes', 'lib'])
    renameSync(path.join(folder, 'BOOT-INF', name), path.join(folder, name))
  rmSync(path.join(folder, 'BOOT-INF'), { recursive: true })
  for (const jar of readdirSync(path.join(folder, 'lib'))) {
    if (!wanted(jar)) rmSync(path.join(folder, 'lib', jar))
  }
  return folder
}
