import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { readManifest, unpackFrom } from '../jar.js'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/**
 * A fat jar of Spring Boot, unpacked as its own tools unpack it: so that the dependencies have a layer of their own,
 * and no loader looks into jars within jars. https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html
 */
export const springBootJar: Layout = async ({ at, scratch }) => {
  const mainClass = (await readManifest(at))?.startClass
  if (mainClass === undefined) return undefined
  const folder = path.join(scratch, 'spring-boot')
  await unpackFrom(at, 'BOOT-INF/', folder)
  // What a build has in META-INF stays there, outside BOOT-INF/classes: static resources, spring.factories, build-info.
  // The services are the loader's alone, whose classes are not taken along.
  await unpackFrom(
    at,
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
    // What is still being worked on changes as often as the application.
    const files = jar.includes('-SNAPSHOT') ? classes : dependencies
    files.set(path.join(folder, 'lib', jar), `lib/${jar}`)
    entries.push(`lib/${jar}`)
  }
  const classPath = entries.map((entry) => `${APP_DIR}/${entry}`)
  return {
    layout: 'spring-boot',
    description: `Spring Boot jar ${path.basename(at)} (${mainClass}), unpacked`,
    mainClass,
    command: ['-cp', classPath.join(':'), mainClass],
    dependencies,
    classes
  }
}

/** The names of the jars in `lib/`, in the order of the build's class path where the jar has an index of it. */
async function inOrder(folder: string): Promise<string[]> {
  const lib = path.join(folder, 'lib')
  const jars = new Set((await isFolder(lib)) ? (await readdir(lib)).sort() : [])
  const index = await readFile(path.join(folder, 'classpath.idx'), 'utf8').catch(() => '')
  const indexed = [...index.matchAll(/^- "BOOT-INF\/lib\/(.+)"\r?$/gm)].flatMap(([, name]) =>
    name !== undefined && jars.has(name) ? [name] : []
  )
  return [...new Set([...indexed, ...jars])]
}
