import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { readManifest } from './jar.js'
import { isFile, isFolder } from './layouts/layout.js'
import { matching } from './places.js'
import { withoutPartsOf } from './variants.js'

/** Where a Java runtime is that jlink or jpackage has written: in the folder itself, or in one of a build below it. */
const RUNTIMES = ['', '*', '*/*', 'lib/runtime', '*/lib/runtime', '*/*/lib/runtime']

/** Returns the Failure for what a build has made and the action cannot run, in the first place that has it; undefined if there is none. */
export async function notRunnable(places: readonly string[]): Promise<Failure | undefined> {
  for (const kind of [forServer, runtime, nativeExecutable, jarWithoutMain]) {
    for (const place of places) {
      const failure = await kind(place)
      if (failure !== undefined) return failure
    }
  }
  return undefined
}

/** Returns the Failure for a war or an ear that has to be put into a server. */
async function forServer(place: string): Promise<Failure | undefined> {
  for (const file of await filesIn(place)) {
    const kind = /\.[we]ar$/.exec(file)?.[0]
    if (kind === undefined || (await readManifest(file))?.mainClass !== undefined) continue
    const server = kind === '.war' ? 'a servlet container' : 'an application server'
    const inDockerfile = `describe server and ${kind.slice(1)} in a Dockerfile (\`file\`) that starts with \`java\`.`
    return new Failure('input', `${path.basename(file)} needs ${server}: it has no Main-Class.`, {
      fix:
        kind === '.war'
          ? 'With Spring Boot, build an executable war: the goal `repackage` of spring-boot-maven-plugin, or `bootWar` of Gradle. ' +
            `With another framework, start a server such as Jetty or Tomcat from a main method of your own, or ${inDockerfile}`
          : `Build a jar that starts the server itself, as the frameworks of application servers can, or ${inDockerfile}`
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

/** Folder of a build of GraalVM with Gradle; Maven and Quarkus write to `target` itself. */
const NATIVE = 'native/nativeCompile'

/** Returns the Failure for an executable of GraalVM, in which there is no JVM. Other folders may have programs of other kinds. */
async function nativeExecutable(place: string): Promise<Failure | undefined> {
  const own = (await isFile(place)) || path.basename(place) === 'target' ? await filesIn(place) : []
  for (const file of [...own, ...(await filesIn(path.join(place, NATIVE)))]) {
    const name = path.basename(file)
    // Libraries and objects have an extension; that of Quarkus has the version in its name.
    if ((name.includes('.') && !name.endsWith('-runner')) || !(await isElf(file))) continue
    return new Failure('input', `${name} is a native executable: it has no JVM.`, {
      fix: 'A checkpoint is one of a JVM: build the jar of the application (with Quarkus without `quarkus.native.enabled`, with Spring Boot and Micronaut without the profile or the task `native`), or use the executable without this action.'
    })
  }
  return undefined
}

/** Returns the Failure for jars of which none has a main class. */
async function jarWithoutMain(place: string): Promise<Failure | undefined> {
  const jars = (await filesIn(place)).filter((file) => file.endsWith('.jar'))
  const manifests = await Promise.all(jars.map(async (file) => await readManifest(file)))
  if (!manifests.every((manifest) => manifest && manifest.mainClass === undefined)) return undefined
  const all = jars.map((file) => path.basename(file))
  // `app-plain.jar` of Gradle is alone where only it was built.
  const [name] = [...withoutPartsOf(all), ...all.filter((one) => one.endsWith('-plain.jar'))]
  if (name === undefined) return undefined
  return new Failure('input', `${name} is not runnable: it has no Main-Class.`, {
    fix:
      'Set `main-class` to the class with the method main, and `application` if there is more than one jar; its libraries are those in `lib/`, ' +
      '`libs/` or `dependency/` beside it. With Spring Boot, build the executable jar: the goal `repackage` of spring-boot-maven-plugin, ' +
      'or `bootJar` of Gradle.',
    evidence: all.slice(0, 20).join('\n')
  })
}

/** Returns the files of a folder, sorted, or the file itself. */
async function filesIn(place: string): Promise<string[]> {
  if (await isFile(place)) return [place]
  const names = (await isFolder(place)) ? await readdir(place) : []
  const files: string[] = []
  for (const name of names.sort())
    if (await isFile(path.join(place, name))) files.push(path.join(place, name))
  return files
}

/** Returns whether a file has the beginning of a program of Linux; false for one that cannot be read. */
async function isElf(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined)
  if (handle === undefined) return false
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    return bytesRead === 4 && buffer.toString('latin1') === '\x7fELF'
  } finally {
    await handle.close()
  }
}
