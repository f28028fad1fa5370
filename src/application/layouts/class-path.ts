import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { hasMainMethod } from '../class-file.js'
import { hasClass } from '../jar.js'
import { isFolder, LIBRARIES, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** Folders of classes and resources, in the order of the class path of jib. */
const OWN = ['resources', 'classes']

/** Layout of a folder with `classes/` and jars in `lib/`, `libs/` or `dependency/`; the user, or jib, names the main class. */
export const classPath: Layout = async ({ location, mainClass: wanted }) => {
  const mainClass = wanted ?? (await mainClassOfJib(location))
  if (mainClass === undefined) return undefined
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const entries: string[] = []
  const hasClasses = await isFolder(path.join(location, 'classes'))
  for (const name of OWN) {
    // Without classes, a folder `resources/` belongs to something else.
    if (!hasClasses || !(await isFolder(path.join(location, name)))) continue
    classes.set(path.join(location, name), `${name}.jar`)
    entries.push(`${name}.jar`)
  }
  for (const name of LIBRARIES) {
    const folder = path.join(location, name)
    if (!(await isFolder(folder))) continue
    const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort()
    dependencies.set(folder, name)
    entries.push(...jars.map((jar) => `${name}/${jar}`))
  }
  if (entries.length === 0) return undefined
  // Without classes, the jar of the application is among the libraries, or it is the layout of a jar beside them.
  if (!hasClasses && (await hasJarWith(location, mainClass))) return undefined
  return {
    layout: 'class-path',
    description: `class path of ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'} (${mainClass})`,
    mainClass,
    command: ['-cp', entries.map((entry) => `${APP_DIR}/${entry}`).join(':'), mainClass],
    dependencies,
    packed: new Set(classes.keys()),
    classes
  }
}

/** Returns whether a jar in a folder, and not below it, has a class. */
async function hasJarWith(folder: string, className: string): Promise<boolean> {
  for (const name of await readdir(folder))
    if (name.endsWith('.jar') && (await hasClass(path.join(folder, name), className))) return true
  return false
}

/**
 * Layout of the same folder without a named main class: the only class in `classes/` with a method main is taken, as it is
 * compiled from Java, Kotlin (`MainKt`), Scala or Clojure. Without libraries beside them, the classes are only a part.
 */
export const classPathOfOneMain: Layout = async (candidate) => {
  const { location } = candidate
  const libraries = await Promise.all(LIBRARIES.map((name) => isFolder(path.join(location, name))))
  if (!libraries.includes(true)) return undefined
  const mains = await mainClassesIn(path.join(location, 'classes'))
  return mains.length === 1 ? await classPath({ ...candidate, mainClass: mains[0] }) : undefined
}

/** Returns the names of the classes with a method main, in a folder; sorted. */
export async function mainClassesIn(folder: string): Promise<string[]> {
  if (!(await isFolder(folder))) return []
  const found: string[] = []
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.class') || name.startsWith('META-INF')) continue
    if (!hasMainMethod(await readFile(path.join(folder, name)))) continue
    found.push(name.slice(0, -'.class'.length).replaceAll('/', '.'))
  }
  return found.sort()
}

/** Returns the content of the file that jib adds. https://github.com/GoogleContainerTools/jib/blob/master/docs/faq.md#how-do-i-set-parameters-for-my-image-at-runtime */
async function mainClassOfJib(location: string): Promise<string | undefined> {
  const text = await readFile(path.join(location, 'jib-main-class-file'), 'utf8').catch(() => '')
  return text.trim() || undefined
}
