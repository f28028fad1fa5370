import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { readManifest, unpackFrom } from '../jar.js'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/**
 * Layout of an executable jar of Spring Boot. It is unpacked as the tools of Spring Boot do, so that the dependencies have
 * their own layer, and no class loader reads jars within jars. https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html
 */
export const springBootJar: Layout = async ({ location, scratch }) => {
  const mainClass = (await readManifest(location))?.startClass
  if (mainClass === undefined) return undefined
  const folder = path.join(scratch, 'spring-boot')
  await unpackFrom(location, 'BOOT-INF/', folder)
  // Builds put static resources, spring.factories and build-info into META-INF, outside of BOOT-INF/classes. The services
  // there belong to the loader of Spring Boot, whose classes are left out.
  await unpackFrom(
    location,
    'META-INF/',
    path.join(folder, 'root/META-INF'),
    (name) => name !== 'MANIFEST.MF' && !name.startsWith('services/')
  )
  const jars = await inOrder(folder)
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const entries: string[] = []
  for (const name of ['root', 'classes']) {
    if (!(await isFolder(path.join(folder, name)))) continue
    classes.set(path.join(folder, name), name)
    entries.push(name)
  }
  for (const jar of jars) {
    // A snapshot version changes as often as the application.
    const files = jar.includes('-SNAPSHOT') ? classes : dependencies
    files.set(path.join(folder, 'lib', jar), `lib/${jar}`)
    entries.push(`lib/${jar}`)
  }
  const classPath = entries.map((entry) => `${APP_DIR}/${entry}`)
  return {
    layout: 'spring-boot',
    description: `Spring Boot jar ${path.basename(location)} (${mainClass}), unpacked`,
    mainClass,
    command: ['-cp', classPath.join(':'), mainClass],
    dependencies,
    classes
  }
}

/** Returns the names of the jars in `lib/`, in the order of the class path index if the jar has one. */
async function inOrder(folder: string): Promise<string[]> {
  const lib = path.join(folder, 'lib')
  const jars = new Set((await isFolder(lib)) ? (await readdir(lib)).sort() : [])
  const index = await readFile(path.join(folder, 'classpath.idx'), 'utf8').catch(() => '')
  const indexed = [...index.matchAll(/^- "BOOT-INF\/lib\/(.+)"\r?$/gm)].flatMap(([, name]) =>
    name !== undefined && jars.has(name) ? [name] : []
  )
  return [...new Set([...indexed, ...jars])]
}
