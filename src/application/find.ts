import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { classPath } from './layouts/class-path.js'
import { runnableJar } from './layouts/jar.js'
import { isFolder, type Application, type Candidate, type Layout } from './layouts/layout.js'
import { micronautLayers } from './layouts/micronaut.js'
import { quarkusApp } from './layouts/quarkus.js'
import { springBootJar } from './layouts/spring-boot.js'

// The first layout that fits counts: `classPath` fits any folder with `lib/`, so it comes last.
const FOLDER_LAYOUTS: readonly Layout[] = [micronautLayers, quarkusApp, classPath]
const JAR_LAYOUTS: readonly Layout[] = [springBootJar, runnableJar]

export interface ApplicationRequest {
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

/** Finds the application in the context. Throws a Failure with a listing if there is none, or more than one. */
export async function findApplication(request: ApplicationRequest): Promise<Application> {
  const { context, application } = request
  const location = path.resolve(context, application ?? '.')
  if (location !== context && !location.startsWith(context + path.sep)) {
    throw new Failure(
      'input',
      `Invalid input \`application\`: ${application} leads out of the context ${context}.`,
      { fix: 'Set it to a path in `context`, relative to it.' }
    )
  }
  const candidate: Candidate = { ...request, location }
  const found = (await isFolder(location))
    ? await findInFolder(candidate)
    : await first(JAR_LAYOUTS, candidate)
  if (found) return found
  throw new Failure('input', `No application was found in ${location}.`, {
    fix:
      'Build the application in an earlier step, and set `context` to the folder with its result: `layers/` (Micronaut), ' +
      '`quarkus-app/` (Quarkus), or a runnable jar. For a folder with `classes/` or `lib/`, set `main-class`, too.',
    evidence: await listing(location)
  })
}

async function findInFolder(candidate: Candidate): Promise<Application | undefined> {
  const found = await first(FOLDER_LAYOUTS, candidate)
  if (found) return found
  const jars = (await readdir(candidate.location)).filter((name) => name.endsWith('.jar')).sort()
  const runnable: { jar: string; found: Application }[] = []
  for (const jar of jars) {
    // With `main-class` every jar is runnable, and only the user can say which one to run.
    const one = await first(JAR_LAYOUTS, {
      ...candidate,
      location: path.join(candidate.location, jar),
      scratch: path.join(candidate.scratch, jar)
    })
    if (one) runnable.push({ jar, found: one })
  }
  if (runnable.length > 1) {
    throw new Failure('input', `There is more than one runnable jar in ${candidate.location}.`, {
      fix: 'Set `application` to one of these jars.',
      evidence: runnable.map(({ jar }) => jar).join('\n')
    })
  }
  return runnable[0]?.found
}

async function first(layouts: readonly Layout[], candidate: Candidate): Promise<Application | undefined> {
  for (const layout of layouts) {
    const found = await layout(candidate)
    if (found) return found
  }
  return undefined
}

async function listing(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => undefined)
  if (!names) return 'The file or folder does not exist.'
  if (names.length === 0) return 'The folder is empty.'
  const shown = names.sort().slice(0, 20).join('\n')
  return `Content of the folder:\n${shown}${names.length > 20 ? `\n(and ${names.length - 20} more)` : ''}`
}
