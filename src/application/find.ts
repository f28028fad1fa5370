import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { classFileOf, namesIn, unpackFrom } from './jar.js'
import { classPath, classPathOfOneMain } from './layouts/class-path.js'
import { distribution, startScript } from './layouts/distribution.js'
import { runnableJar } from './layouts/jar.js'
import {
  isFile,
  isFolder,
  type Candidate,
  type FoundApplication,
  type LaunchSettings,
  type Layout
} from './layouts/layout.js'
import { micronautLayers } from './layouts/micronaut.js'
import { quarkusApp } from './layouts/quarkus.js'
import { springBoot } from './layouts/spring-boot.js'
import { notRunnable } from './not-runnable.js'
import { buildFolders } from './places.js'
import { withoutPartsOf } from './variants.js'

// The first layout that fits counts: `classPath` fits any folder with `lib/`, so it comes after `distribution`.
const FOLDER_LAYOUTS: readonly Layout[] = [micronautLayers, quarkusApp, springBoot, distribution, classPath]
const FILE_LAYOUTS: readonly Layout[] = [springBoot, runnableJar, startScript]
/** For a folder without a runnable jar. */
const LAST_LAYOUTS: readonly Layout[] = [classPathOfOneMain]

export interface ApplicationRequest extends Partial<LaunchSettings> {
  /** Absolute path of the folder that holds the built application. */
  context: string
  /** Path of the application in the context; undefined: the context is searched. */
  application: string | undefined
  mainClass: string | undefined
  /** Folder of the run for unpacked files; it does not exist yet. */
  scratch: string
}

/** Throws a Failure if the context is not a folder, before any other work. */
export async function requireContext(context: string): Promise<void> {
  if (await isFolder(context)) return
  throw new Failure('input', `The context ${context} is not a folder.`, {
    fix: 'Set `context` to the folder with the built application. Build the application in an earlier step.'
  })
}

/**
 * Finds the application in the context, or in the folders of a build tool below it. Throws a Failure with a listing if there
 * is none, or more than one.
 */
export async function findApplication(request: ApplicationRequest): Promise<FoundApplication> {
  const { context, application } = request
  const location = path.resolve(context, application ?? '.')
  if (location !== context && !location.startsWith(context + path.sep)) {
    throw new Failure(
      'input',
      `Invalid input \`application\`: ${application} leads out of the context ${context}.`,
      { fix: 'Set it to a path in `context`, relative to it.' }
    )
  }
  const candidate: Candidate = { javaOptions: [], env: {}, ...request, location }
  const folder = await isFolder(location)
  const found = folder ? await findInFolder(candidate) : await findInFile(candidate)
  if (found) return found
  const places = folder ? await buildFolders(location) : []
  for (const [index, place] of places.entries()) {
    const scratch = path.join(candidate.scratch, `place-${index}`)
    const inPlace = await findInFolder({ ...candidate, location: place, scratch })
    if (inPlace === undefined) continue
    return { ...inPlace, description: `${inPlace.description} in ${path.relative(context, place)}/` }
  }
  throw (await notRunnable([...places, location])) ?? (await notFound(location))
}

async function findInFolder(candidate: Candidate): Promise<FoundApplication | undefined> {
  const found = await first(FOLDER_LAYOUTS, candidate)
  if (found) return found
  const files = (await readdir(candidate.location)).sort()
  const runnable: { name: string; found: FoundApplication }[] = []
  for (const extension of ['.jar', '.war', '.zip']) {
    const names = files.filter((name) => name.endsWith(extension))
    for (const name of names) {
      const one = await findInFile({
        ...candidate,
        location: path.join(candidate.location, name),
        scratch: path.join(candidate.scratch, name)
      })
      if (one) runnable.push({ name, found: one })
    }
    // A war or an archive beside a runnable jar has the same application once more.
    if (runnable.length > 0) break
  }
  const all = runnable.map(({ name }) => name)
  const names = new Set(withoutPartsOf(await withMainClass(candidate, all)))
  const chosen = runnable.filter(({ name }) => names.has(name))
  if (chosen.length > 1) {
    throw new Failure('input', `There is more than one runnable jar in ${candidate.location}.`, {
      fix: 'Set `application` to one of these jars.',
      evidence: chosen.map(({ name }) => name).join('\n')
    })
  }
  return chosen[0]?.found ?? (await first(LAST_LAYOUTS, candidate))
}

/** With `main-class` every jar is runnable: returns those that have the class, or all if none of them has it. */
async function withMainClass(
  { location, mainClass }: Candidate,
  names: readonly string[]
): Promise<readonly string[]> {
  if (mainClass === undefined) return names
  const wanted = classFileOf(mainClass)
  const having: string[] = []
  const isWanted = (entry: string): boolean => entry === wanted || entry.endsWith(`-INF/classes/${wanted}`)
  for (const name of names) if ((await namesIn(path.join(location, name))).some(isWanted)) having.push(name)
  return having.length > 0 ? having : names
}

async function findInFile(candidate: Candidate): Promise<FoundApplication | undefined> {
  const { location, scratch } = candidate
  if (!(await isFile(location))) return undefined
  return location.endsWith('.zip')
    ? await findInArchive(candidate, path.join(scratch, 'unpacked'))
    : await first(FILE_LAYOUTS, candidate)
}

/** Returns the application in an archive with one folder, as `distZip` of Gradle and `Universal/packageBin` of sbt create it. */
async function findInArchive(candidate: Candidate, folder: string): Promise<FoundApplication | undefined> {
  const unpacked = await unpackFrom(candidate.location, '', folder).then(
    () => true,
    () => false
  )
  const [top, ...others] = unpacked && (await isFolder(folder)) ? await readdir(folder) : []
  if (top === undefined || others.length > 0) return undefined
  const location = path.join(folder, top)
  return (await isFolder(location)) ? await first([distribution], { ...candidate, location }) : undefined
}

async function first(
  layouts: readonly Layout[],
  candidate: Candidate
): Promise<FoundApplication | undefined> {
  for (const layout of layouts) {
    const found = await layout(candidate)
    if (found) return found
  }
  return undefined
}

async function notFound(location: string): Promise<Failure> {
  return new Failure('input', `No application was found in ${location}.`, {
    fix:
      'Build the application in an earlier step, and set `context` to the folder with its result: `layers/` (Micronaut), ' +
      '`quarkus-app/` (Quarkus), a runnable jar or war, or a distribution with `bin/` and `lib/` (`installDist` of Gradle, ' +
      '`stage` of sbt). For a folder with `classes/`, `lib/` or `dependency/`, also set `main-class`.',
    evidence: await listing(location)
  })
}

async function listing(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => undefined)
  if (!names) return 'The file or folder does not exist.'
  if (names.length === 0) return 'The folder is empty.'
  const shown = names.sort().slice(0, 20).join('\n')
  return `Content of the folder:\n${shown}${names.length > 20 ? `\n(and ${names.length - 20} more)` : ''}`
}
