import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { namesIn, readManifest } from '../jar.js'
import { isFile, isFolder, LIBRARIES, type Layout } from './layout.js'
import { CRAC_ENABLED } from './quarkus.js'
import { APP_DIR } from '../../lib/image-paths.js'

const QUARKUS_MAIN = 'io.quarkus.runner.GeneratedMain'

/** Folders beside `application/` that have its libraries, after `java -Djarmode=tools -jar app.jar extract --layers`. */
const LAYERS = ['dependencies', 'snapshot-dependencies']

/**
 * Layout of a jar with a Main-Class, and the files beside it in its Class-Path, as builds of Helidon and plain Maven create it.
 * A jar whose Class-Path names none of them gets the libraries in `lib/`, `libs/` or `dependency/` beside it, unless it contains
 * them.
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
  const copied = dependencies.size === 0 ? await copiedLibraries(location) : []
  const names = new Set(copied.map((jar) => path.basename(jar)))
  const absent = missing.filter((entry) => !names.has(path.basename(entry)))
  for (const jar of copied) dependencies.set(path.join(path.dirname(location), jar), jar)
  const classPath = [name, ...copied].map((entry) => `${APP_DIR}/${entry}`).join(':')
  return {
    layout: 'jar',
    description: `runnable jar ${name} (${mainClass})${beside(copied)}`,
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
    ...(absent.length > 0 && {
      leftOut: [
        `The Class-Path of ${name} names files that are not beside it: ${absent.slice(0, 10).join(', ')}.`
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

/** Returns the jars in the folders of libraries beside a jar; none if the jar contains the classes of one of them. */
async function copiedLibraries(location: string): Promise<string[]> {
  const home = path.dirname(location)
  const own = new Set(await namesIn(location).catch(() => []))
  const copied: string[] = []
  for (const folder of LIBRARIES) {
    if (!(await isFolder(path.join(home, folder)))) continue
    const jars = (await readdir(path.join(home, folder))).filter((file) => file.endsWith('.jar')).sort()
    for (const jar of jars) {
      const names = await namesIn(path.join(home, folder, jar)).catch(() => [])
      const first = names.find((one) => /^(?!META-INF\/|module-info).*\.class$/.test(one))
      if (first !== undefined && own.has(first)) return []
    }
    copied.push(...jars.map((jar) => `${folder}/${jar}`))
  }
  return copied
}

function beside(jars: readonly string[]): string {
  const folders = new Set(jars.map((jar) => `${path.dirname(jar)}/`))
  return jars.length === 0
    ? ''
    : ` with ${jars.length} ${jars.length === 1 ? 'jar' : 'jars'} in ${[...folders].join(' and ')}`
}
