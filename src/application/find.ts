import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { classPath } from './layouts/class-path.js'
import { runnableJar } from './layouts/jar.js'
import { isFolder, type Application, type Layout, type Place } from './layouts/layout.js'
import { micronautLayers } from './layouts/micronaut.js'
import { quarkusApp } from './layouts/quarkus.js'
import { springBootJar } from './layouts/spring-boot.js'

/** What can be told from a folder, and what from a jar; the first that fits is taken. */
const OF_A_FOLDER: readonly Layout[] = [micronautLayers, quarkusApp, classPath]
const OF_A_JAR: readonly Layout[] = [springBootJar, runnableJar]

export interface ApplicationRequest {
  /** Absolute path of the folder that holds the built application. */
  context: string
  /** What to run, relative to the context; found by looking when absent. */
  application: string | undefined
  mainClass: string | undefined
  /** A folder of the run that does not exist yet, for what has to be unpacked. */
  scratch: string
}

/** Refuses a context that is no folder: that can be told before any work. */
export async function requireContext(context: string): Promise<void> {
  if (await isFolder(context)) return
  throw new Failure('input', `The context ${context} is not a folder.`, {
    fix: 'Set `context` to the folder that holds the built application; the build has to run in a step before.'
  })
}

/** Finds the application in the context; nothing, or more than one thing to run, is a Failure that shows what is there. */
export async function findApplication(request: ApplicationRequest): Promise<Application> {
  const { context, application } = request
  const at = path.resolve(context, application ?? '.')
  if (at !== context && !at.startsWith(context + path.sep)) {
    throw new Failure('input', `\`application\` leads out of the context ${context}.`, {
      fix: 'Give a path relative to the context.'
    })
  }
  const place: Place = { ...request, at }
  const found = (await isFolder(at)) ? await findInFolder(place) : await first(OF_A_JAR, place)
  if (found) return found
  throw new Failure('input', `No application was found in ${at}.`, {
    fix:
      'Set `context` (and `application`, if needed) to a folder with `layers/` (Micronaut) or `quarkus-app/` (Quarkus), to a ' +
      'jar of Spring Boot or another whose manifest has a Main-Class, or to a folder with `classes/` or `lib/` and set `main-class`.',
    evidence: await listing(at)
  })
}

async function findInFolder(place: Place): Promise<Application | undefined> {
  const found = await first(OF_A_FOLDER, place)
  if (found) return found
  const jars = (await readdir(place.at)).filter((name) => name.endsWith('.jar')).sort()
  const runnable: { jar: string; found: Application }[] = []
  for (const jar of jars) {
    // A main class makes every jar runnable: then only the user can say which is meant.
    const one = await first(OF_A_JAR, {
      ...place,
      at: path.join(place.at, jar),
      scratch: path.join(place.scratch, jar)
    })
    if (one) runnable.push({ jar, found: one })
  }
  if (runnable.length > 1) {
    throw new Failure('input', `There is more than one runnable jar in ${place.at}.`, {
      fix: 'Set `application` to the one to run.',
      evidence: runnable.map(({ jar }) => jar).join('\n')
    })
  }
  return runnable[0]?.found
}

async function first(layouts: readonly Layout[], place: Place): Promise<Application | undefined> {
  for (const layout of layouts) {
    const found = await layout(place)
    if (found) return found
  }
  return undefined
}

async function listing(place: string): Promise<string> {
  const names = await readdir(place).catch(() => undefined)
  if (!names) return 'There is no such file or folder.'
  if (names.length === 0) return 'The folder is empty.'
  const shown = names.sort().slice(0, 20).join('\n')
  return `What is there:\n${shown}${names.length > 20 ? `\n(and ${names.length - 20} more)` : ''}`
}
