// Finds the jars of the most used libraries, and downloads them if the folder is not there.
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../../lab/command.js'

/** DEFAULT_FOLDER keeps the jars between runs of the scripts. */
export const DEFAULT_FOLDER = path.join(tmpdir(), 'crac-checkpoint-corpus')

/** Returns the paths of the jars in a folder, sorted by name. Without that folder, Maven downloads them; throws if it fails. */
export async function libraryJars(name: string): Promise<string[]> {
  const folder = path.resolve(name)
  if (!existsSync(folder)) {
    console.error(`Downloading the libraries to ${folder} ...`)
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
    const pom = fileURLToPath(new URL('pom.xml', import.meta.url))
    await run('mvn', ['--quiet', '--batch-mode', '--file', pom, goal, `-DoutputDirectory=${folder}`])
  }
  const jars = readdirSync(folder).filter((entry) => entry.endsWith('.jar'))
  if (jars.length === 0)
    throw new Error(
      `There is no jar in ${folder}. Fix: Name a folder with jars, or one that does not exist yet.`
    )
  return jars.sort().map((jar) => path.join(folder, jar))
}
