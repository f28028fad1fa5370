import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../errors.js'
import { mainClassOf } from './jar.js'

/** Folder of the application in the image. */
const HOME = '/app'

/** An application that was found in the user's context, and how it goes into the image. */
export interface Application {
  layout: 'micronaut-layers' | 'jar'
  /** For the log: what was found, in a few words. */
  description: string
  mainClass: string
  /** What the JVM is told to run, after its options. */
  command: string[]
  /** Folders and files that change rarely: they get a layer of their own. Absolute source → path below /app. */
  dependencies: Map<string, string>
  /** The application's own files. */
  classes: Map<string, string>
}

/**
 * Finds the application in the context: the folder of a Micronaut `layers/` layout, or one runnable jar.
 * `application` says where to look when there is more than one thing to run.
 */
export async function findApplication(
  context: string,
  application: string | undefined
): Promise<Application> {
  if (!(await isFolder(context))) {
    throw new Failure('input', `The context ${context} is not a folder.`, {
      cure: 'Set `context` to the folder that holds the built application; the build has to run in a step before.'
    })
  }
  const place = path.resolve(context, application ?? '.')
  if (place !== context && !place.startsWith(context + path.sep)) {
    throw new Failure('input', `\`application\` leads out of the context ${context}.`, {
      cure: 'Give a path relative to the context.'
    })
  }
  const found = (await isFolder(place)) ? await findInFolder(place) : await runnableJar(place)
  if (found) return found
  throw new Failure('input', `No application was found in ${place}.`, {
    cure:
      'Set `context` (and `application`, if needed) to a folder with `layers/` as the Micronaut build makes it, ' +
      'or to a jar whose manifest has a Main-Class.',
    evidence: await listing(place)
  })
}

async function findInFolder(folder: string): Promise<Application | undefined> {
  const layers = path.basename(folder) === 'layers' ? folder : path.join(folder, 'layers')
  if (await isFolder(layers)) {
    const found = await micronautLayers(layers)
    if (found) return found
  }

  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
  const runnable = []
  for (const jar of jars) {
    const found = await runnableJar(path.join(folder, jar))
    if (found) runnable.push({ jar, found })
  }
  if (runnable.length > 1) {
    throw new Failure('input', `There is more than one runnable jar in ${folder}.`, {
      cure: 'Set `application` to the one to run.',
      evidence: runnable.map(({ jar }) => jar).join('\n')
    })
  }
  return runnable[0]?.found
}

// Each folder below layers/ is meant for the application's home: `app/` as its content, the others by name.
// https://micronaut-projects.github.io/micronaut-gradle-plugin/latest/#_dockerfile
async function micronautLayers(layers: string): Promise<Application | undefined> {
  const jar = 'application.jar'
  const mainClass = await mainClassOf(path.join(layers, 'app', jar))
  if (!mainClass) return undefined

  const dependencies = new Map<string, string>()
  const classes = new Map([[path.join(layers, 'app'), '.']])
  for (const name of (await readdir(layers)).sort()) {
    if (name === 'app' || !(await isFolder(path.join(layers, name)))) continue
    const files = name.endsWith('libs') ? dependencies : classes
    files.set(path.join(layers, name), name)
  }
  return {
    layout: 'micronaut-layers',
    description: `Micronaut layers (${mainClass})`,
    mainClass,
    command: ['-jar', `${HOME}/${jar}`],
    dependencies,
    classes
  }
}

async function runnableJar(file: string): Promise<Application | undefined> {
  const mainClass = await mainClassOf(file)
  if (!mainClass) return undefined
  const name = path.basename(file)
  return {
    layout: 'jar',
    description: `runnable jar ${name} (${mainClass})`,
    mainClass,
    command: ['-jar', `${HOME}/${name}`],
    dependencies: new Map(),
    classes: new Map([[file, name]])
  }
}

async function isFolder(place: string): Promise<boolean> {
  return await stat(place).then(
    (entry) => entry.isDirectory(),
    () => false
  )
}

async function listing(place: string): Promise<string> {
  const names = await readdir(place).catch(() => undefined)
  if (!names) return 'There is no such file or folder.'
  if (names.length === 0) return 'The folder is empty.'
  const shown = names.sort().slice(0, 20).join('\n')
  return `What is there:\n${shown}${names.length > 20 ? `\n(and ${names.length - 20} more)` : ''}`
}
