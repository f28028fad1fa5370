import { cp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { readManifest, unpackFrom } from '../jar.js'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** Files of a signed jar, in META-INF. https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#signed-jar-file */
const SIGNATURE = /^[^/]+\.(?:SF|RSA|DSA|EC)$/i

/**
 * Layout of an executable jar of Spring Boot. It is unpacked as the tools of Spring Boot do, so that the dependencies have
 * their own layer, and no class loader reads jars within jars. Its classes become a jar with the original manifest. https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html
 */
export const springBootJar: Layout = async ({ location, scratch }) => {
  const mainClass = (await readManifest(location))?.startClass
  if (mainClass === undefined) return undefined
  const folder = path.join(scratch, 'spring-boot')
  await unpackFrom(location, 'BOOT-INF/', folder)
  const manifest = path.join(scratch, 'manifest')
  await unpackFrom(location, 'META-INF/', manifest, (name) => name === 'MANIFEST.MF')
  // Builds put static resources, spring.factories and build-info into META-INF, outside of BOOT-INF/classes. The services
  // there belong to the loader of Spring Boot, whose classes are left out; a signature is of the whole jar.
  await unpackFrom(
    location,
    'META-INF/',
    path.join(folder, 'root/META-INF'),
    (name) => name !== 'MANIFEST.MF' && !name.startsWith('services/') && !SIGNATURE.test(name)
  )
  const jars = await inOrder(folder)
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const packed = new Set<string>()
  const entries: string[] = []
  for (const name of ['root', 'classes']) {
    const source = path.join(folder, name)
    if (!(await isFolder(source))) continue
    // Class loaders read `Implementation-Version` and the like from the manifest of the jar that has the class.
    await cp(manifest, path.join(source, 'META-INF'), { recursive: true, preserveTimestamps: true })
    classes.set(source, `${name}.jar`)
    packed.add(source)
    entries.push(`${name}.jar`)
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
    classes,
    packed
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
