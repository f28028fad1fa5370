import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { namesIn, readManifest } from '../jar.js'
import { isFile, isFolder, type Layout } from './layout.js'
import { CRAC_ENABLED } from './quarkus.js'
import { APP_DIR } from '../../lib/image-paths.js'

const QUARKUS_MAIN = 'io.quarkus.runner.GeneratedMain'

/** Folders beside `application/` that have its libraries, after `java -Djarmode=tools -jar app.jar extract --layers`. */
const LAYERS = ['dependencies', 'snapshot-dependencies']

/** Folder of `mvn dependency:copy-dependencies`, beside the jar. */
const COPIED = 'dependency'

/**
 * Layout of a jar with a Main-Class, and the files beside it in its Class-Path, as builds of Helidon and plain Maven create it.
 * A jar without a Class-Path gets the libraries that Maven has copied beside it, unless it contains them.
 */
export const runnableJar: Layout = async ({ location, mainClass: wanted }) => {
  const manifest = await readManifest(location)
  const mainClass = wanted ?? manifest?.mainClass
  if (manifest === undefined || mainClass === undefined) return undefined
  const name = path.basename(location)
  const dependencies = new Map<string, string>()
  const missing: string[] = []
  for (const entry of manifest.classPath) {
    // In the image, too, these files are beside the jar: other places are not possible.
    const inside = !path.isAbsolute(entry) && !path.normalize(entry).startsWith('..')
    const file = inside ? await findBeside(location, entry) : undefined
    if (file === undefined) missing.push(entry)
    else dependencies.set(file, path.normalize(entry))
  }
  const copied = manifest.classPath.length === 0 ? await copiedLibraries(location) : []
  for (const jar of copied) dependencies.set(path.join(path.dirname(location), jar), jar)
  const classPath = [name, ...copied].map((entry) => `${APP_DIR}/${entry}`).join(':')
  return {
    layout: 'jar',
    description: `runnable jar ${name} (${mainClass})${copied.length > 0 ? ` with ${copied.length} jars in ${COPIED}/` : ''}`,
    mainClass,
    command: [
      ...(mainClass === QUARKUS_MAIN ? [CRAC_ENABLED] : []),
      ...(wanted === undefined && copied.length === 0
        ? ['-jar', `${APP_DIR}/${name}`]
        : ['-cp', classPath, mainClass])
    ],
    dependencies,
    classes: new Map([[location, name]]),
    packed: new Set(),
    ...(missing.length > 0 && {
      leftOut: [
        `The Class-Path of ${name} names files that are not beside it: ${missing.slice(0, 10).join(', ')}.`
      ]
    })
  }
}

/** Returns the file or folder for an entry of the Class-Path of a jar; undefined if there is none. */
async function findBeside(location: string, entry: string): Promise<string | undefined> {
  const folder = path.dirname(location)
  const layers = path.basename(folder) === 'application' ? LAYERS : []
  for (const place of [folder, ...layers.map((layer) => path.join(folder, '..', layer))]) {
    const file = path.join(place, entry)
    if ((await isFile(file)) || (await isFolder(file))) return file
  }
  return undefined
}

/** Returns the jars in the folder of copied dependencies beside a jar; none if the jar contains the classes of one of them. */
async function copiedLibraries(location: string): Promise<string[]> {
  const folder = path.join(path.dirname(location), COPIED)
  if (!(await isFolder(folder))) return []
  const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort()
  const own = new Set(await namesIn(location).catch(() => []))
  for (const jar of jars) {
    const names = await namesIn(path.join(folder, jar)).catch(() => [])
    const first = names.find((one) => /^(?!META-INF\/|module-info).*\.class$/.test(one))
    if (first !== undefined && own.has(first)) return []
  }
  return jars.map((jar) => `${COPIED}/${jar}`)
}
