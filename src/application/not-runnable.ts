import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { readManifest } from './jar.js'
import { isFile, isFolder } from './layouts/layout.js'
import { matching } from './places.js'

/** Where a Java runtime is that jlink or jpackage has written: in the folder itself, or in one of a build below it. */
const RUNTIMES = ['', '*', '*/*', 'lib/runtime', '*/lib/runtime', '*/*/lib/runtime']

/** Returns the Failure for what a build has made and the action cannot run; undefined if there is nothing of the kind. */
export async function notRunnable(places: readonly string[]): Promise<Failure | undefined> {
  for (const place of places) {
    const failure = (await plainWar(place)) ?? (await runtime(place))
    if (failure !== undefined) return failure
  }
  return undefined
}

/** Returns the Failure for a war that has to be put into a server. */
async function plainWar(place: string): Promise<Failure | undefined> {
  const names = (await isFolder(place)) ? await readdir(place) : ['']
  for (const name of names.sort()) {
    const file = path.join(place, name)
    if (!file.endsWith('.war') || !(await isFile(file))) continue
    if ((await readManifest(file))?.mainClass !== undefined) continue
    return new Failure('input', `${path.basename(file)} needs a servlet container: it has no Main-Class.`, {
      fix:
        'With Spring Boot, build an executable war: the goal `repackage` of spring-boot-maven-plugin, or `bootWar` of Gradle. ' +
        'With another framework, start a server such as Jetty or Tomcat from a main method of your own, or describe server and war ' +
        'in a Dockerfile (`file`) that starts with `java`.'
    })
  }
  return undefined
}

/** Returns the Failure for a runtime of jlink or jpackage, whose JVM is that of the JDK of the build. */
async function runtime(place: string): Promise<Failure | undefined> {
  for (const below of RUNTIMES) {
    for (const folder of await matching(place, below.split('/').filter(Boolean))) {
      const isRuntime =
        (await isFile(path.join(folder, 'release'))) && (await isFile(path.join(folder, 'lib/modules')))
      if (!isRuntime) continue
      return new Failure('input', `${folder} is a Java runtime of its own, as jlink and jpackage write it.`, {
        fix:
          'The application needs the JDK with CRaC, and the modules in a runtime belong to its own JDK. Set `context` to the jar of the ' +
          'application and its libraries, from which the runtime was made: with Gradle, the result of `installDist`; with Maven, ' +
          'the jar and `dependency:copy-dependencies`.'
      })
    }
  }
  return undefined
}
