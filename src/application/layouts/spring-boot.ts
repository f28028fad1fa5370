import { cp, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { isFolder, type Layout } from './layout.js'
import { loaderSettings } from './properties-launcher.js'
import { springBootFiles } from './spring-boot-files.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** Files of a signed jar, in META-INF. https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html#signed-jar-file */
const SIGNATURE = /^[^/]+\.(?:SF|RSA|DSA|EC)$/i

/** Folders of an executable jar or war, and where its files are in the image, below /app. */
interface Format {
  name: 'jar' | 'war'
  classes: string
  libs: readonly string[]
  inImage: string
}

/** https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html */
const JAR: Format = { name: 'jar', classes: 'BOOT-INF/classes', libs: ['BOOT-INF/lib'], inImage: '' }
// The server of Spring Boot serves the folder above WEB-INF if its own jar is in WEB-INF/lib.
const WAR: Format = {
  name: 'war',
  classes: 'WEB-INF/classes',
  libs: ['WEB-INF/lib', 'WEB-INF/lib-provided'],
  inImage: 'WEB-INF/'
}

/**
 * Layout of an executable jar or war of Spring Boot, or of a folder with its content. It is unpacked as the tools of Spring Boot
 * do, so that the dependencies have their own layer, and no class loader reads jars within jars. Its classes become a jar with
 * the original manifest.
 */
export const springBoot: Layout = async ({ location, scratch, mainClass: wanted, ...settings }) => {
  const files = await springBootFiles(location)
  if (files === undefined) return undefined
  const { manifest, unpack } = files
  const {
    classes: own,
    libs,
    inImage,
    name: kind
  } = /WarLauncher$/.test(manifest.mainClass ?? '') ? WAR : JAR
  const folder = path.join(scratch, 'spring-boot')
  const [base = ''] = own.split('/')
  await unpack(`${base}/`, path.join(folder, base))
  const original = path.join(scratch, 'manifest')
  await unpack('META-INF/', original, (name) => name === 'MANIFEST.MF')
  // Builds put static resources, spring.factories and build-info into META-INF, outside of the classes. The services
  // there belong to the loader of Spring Boot, whose classes are left out; a signature is of the whole jar.
  await unpack(
    'META-INF/',
    path.join(folder, 'root/META-INF'),
    (name) => name !== 'MANIFEST.MF' && !name.startsWith('services/') && !SIGNATURE.test(name)
  )
  const inRoot = path.join(scratch, 'in-root')
  await unpack('', inRoot, (name) => name === 'loader.properties')
  const inJar = [inRoot, path.join(folder, own)]
  const loader = await loaderSettings(manifest, { location, inJar, ...settings })
  const mainClass = wanted ?? loader.mainClass
  const dependencies = new Map(loader.files)
  const classes = new Map<string, string>()
  const packed = new Set<string>()
  const entries: string[] = [...loader.entries]
  for (const [name, source] of [
    ['root', path.join(folder, 'root')],
    ['classes', path.join(folder, own)]
  ] as const) {
    if (!(await isFolder(source))) continue
    // Class loaders read `Implementation-Version` and the like from the manifest of the jar that has the class.
    await cp(original, path.join(source, 'META-INF'), { recursive: true, preserveTimestamps: true })
    classes.set(source, `${inImage}${name}.jar`)
    packed.add(source)
    entries.push(`${inImage}${name}.jar`)
  }
  for (const jar of await inOrder(folder, base, libs)) {
    const target = `${inImage}${jar.slice(base.length + 1)}`
    // A snapshot version changes as often as the application.
    const layer = jar.includes('-SNAPSHOT') ? classes : dependencies
    layer.set(path.join(folder, jar), target)
    entries.push(target)
  }
  if (kind === 'war') {
    const served = path.join(scratch, 'served')
    const isServed = (name: string): boolean =>
      !/^(?:META-INF|org\/springframework\/boot\/loader)\//.test(name) &&
      ![own, ...libs].some((inside) => name.startsWith(`${inside}/`)) &&
      !/^WEB-INF\/\w+\.idx$/.test(name)
    await unpack('', served, isServed)
    if (await isFolder(served)) classes.set(served, '.')
  }
  return {
    layout: 'spring-boot',
    description: `Spring Boot ${kind} ${path.basename(location)} (${mainClass}), unpacked`,
    mainClass,
    command: ['-cp', entries.map((entry) => path.posix.resolve(APP_DIR, entry)).join(':'), mainClass],
    dependencies,
    classes,
    packed,
    leftOut: loader.leftOut
  }
}

/** Returns the paths of the jars in the folders of libraries, in the order of the class path index if there is one. */
async function inOrder(folder: string, base: string, libs: readonly string[]): Promise<string[]> {
  const jars = new Set<string>()
  for (const lib of libs) {
    const inside = path.join(folder, lib)
    const names = (await isFolder(inside)) ? (await readdir(inside)).sort() : []
    for (const name of names) jars.add(`${lib}/${name}`)
  }
  const index = await readFile(path.join(folder, base, 'classpath.idx'), 'utf8').catch(() => '')
  const indexed = [...index.matchAll(/^- "(.+)"\r?$/gm)].flatMap(([, name]) =>
    name !== undefined && jars.has(name) ? [name] : []
  )
  return [...new Set([...indexed, ...jars])]
}
