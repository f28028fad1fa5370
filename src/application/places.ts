import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isFolder } from './layouts/layout.js'

/**
 * Folders into which build tools put what they build by their standard goals, relative to the project. `*` stands for one
 * folder.
 */
const PLACES = [
  // Maven, and Quarkus with Maven.
  'target',
  // Gradle: Quarkus, Micronaut, jars, `installDist`, and the archives of `distZip`.
  'build',
  // A distribution has the libraries that a jar in `build/libs` may lack; `build` creates its archive in any case.
  'build/docker/main',
  'build/install/*',
  'build/libs',
  'build/distributions',
  // `gradle init` creates the application in a project `app`.
  'app/build/install/*',
  'app/build/libs',
  'app/build/distributions',
  // appassembler-maven-plugin.
  'target/appassembler',
  // sbt-native-packager and sbt-assembly.
  'target/universal/stage',
  'target/universal',
  'target/scala-*',
  // sbt 2 has one folder for each project.
  'target/out/jvm/scala-*/*/universal/stage',
  'target/out/jvm/scala-*/*/universal',
  'target/out/jvm/scala-*/*',
  // Spring Boot: `java -Djarmode=tools -jar app.jar extract --layers`.
  'application',
  // Leiningen and Mill.
  'target/uberjar',
  'out/*/assembly.dest'
]

/** Returns the existing folders of build tools for a context that is a project, or its `target` or `build`. */
export async function buildFolders(context: string): Promise<string[]> {
  const name = path.basename(context)
  const inside = PLACES.flatMap((place) =>
    place.startsWith(`${name}/`) ? [place.slice(name.length + 1)] : []
  )
  const found: string[] = []
  for (const place of [...inside, ...PLACES]) found.push(...(await matching(context, place.split('/'))))
  return found
}

/** Returns the existing folders below a folder for the parts of a path, in which `*` stands for any characters. */
export async function matching(folder: string, [part, ...rest]: string[]): Promise<string[]> {
  if (part === undefined) return [folder]
  if (!(await isFolder(folder))) return []
  const [before = '', after] = part.split('*')
  const names =
    after === undefined
      ? [part]
      : (await readdir(folder)).filter((name) => name.startsWith(before) && name.endsWith(after)).sort()
  const found: string[] = []
  for (const name of names)
    if (await isFolder(path.join(folder, name)))
      found.push(...(await matching(path.join(folder, name), rest)))
  return found
}
