import { open, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { JavaNeed } from '../jdk/fitting.js'
import { classVersion, HEADER_SIZE, type ClassVersion } from './class-file.js'
import { hasClass, headersIn } from './jar.js'
import { isFolder, type FoundApplication } from './layouts/layout.js'

/** Number of classes of one jar or folder that are read: a build compiles all of them for the same version. */
const MOST_CLASSES = 2000

/**
 * Returns the Java version for which the application is compiled: the highest among its main class and its own classes. Classes
 * for newer versions of a multi-release jar, module descriptions and libraries do not count. undefined if no class was found.
 */
export async function javaNeedOf(application: FoundApplication): Promise<JavaNeed | undefined> {
  const { mainClass, classes, dependencies, packed } = application
  let highest: JavaNeed | undefined
  const add = (found: Iterable<[string, ClassVersion]>): void => {
    for (const [of, version] of found)
      if (highest === undefined || version.java > highest.java) highest = { ...version, of }
  }
  for (const folder of packed) if (!folder.endsWith('.jar')) add(await versionsInFolder(folder))
  const isOwn = (name: string): boolean => inPackageOf(mainClass, name)
  for (const jar of await jarsOf([...classes.keys()].filter((source) => !packed.has(source))))
    add(await versionsInJar(jar, isOwn))
  if (highest !== undefined) return highest
  // Distributions of Gradle and sbt have the jar of the application among its libraries.
  for (const jar of await jarsOf(dependencies.keys())) {
    if (!(await hasClass(jar, mainClass))) continue
    add(await versionsInJar(jar, isOwn))
    break
  }
  return highest
}

/** Returns whether a class file has the first two parts of the main class's package, or no package as the main class. */
function inPackageOf(mainClass: string, name: string): boolean {
  const shared = mainClass.split('.').slice(0, -1).slice(0, 2)
  return shared.length === 0 ? !name.includes('/') : name.startsWith(`${shared.join('/')}/`)
}

function isClass(name: string): boolean {
  return name.endsWith('.class') && !name.startsWith('META-INF/') && !/(?:^|\/)module-info\.class$/.test(name)
}

const classOf = (name: string): string => name.slice(0, -'.class'.length).replaceAll('/', '.')

async function jarsOf(sources: Iterable<string>): Promise<string[]> {
  const jars: string[] = []
  for (const source of sources) {
    const names = (await isFolder(source)) ? await readdir(source, { recursive: true }) : ['']
    const files = names.map((name) => path.join(source, name)).sort()
    jars.push(...files.filter((file) => /\.[jw]ar$/.test(file)))
  }
  return jars
}

async function versionsInJar(
  jar: string,
  isOwn: (name: string) => boolean
): Promise<[string, ClassVersion][]> {
  const wanted = (name: string): boolean => isClass(name) && isOwn(name)
  // What is not a jar has no classes.
  const headers = await headersIn(jar, wanted, HEADER_SIZE, MOST_CLASSES).catch(() => [])
  return headers.flatMap(([name, header]) => versionOf(name, header))
}

async function versionsInFolder(folder: string): Promise<[string, ClassVersion][]> {
  const names = (await readdir(folder, { recursive: true })).filter(isClass).sort().slice(0, MOST_CLASSES)
  const found: [string, ClassVersion][] = []
  for (const name of names) {
    const handle = await open(path.join(folder, name))
    try {
      const { buffer } = await handle.read(Buffer.alloc(HEADER_SIZE), 0, HEADER_SIZE, 0)
      found.push(...versionOf(name, buffer))
    } finally {
      await handle.close()
    }
  }
  return found
}

function versionOf(name: string, header: Buffer): [string, ClassVersion][] {
  const version = classVersion(header)
  return version === undefined ? [] : [[classOf(name), version]]
}
