import path from 'node:path'
import type { Log } from '../lib/log.js'
import { findApplication } from './find.js'
import type { Application } from './layouts/layout.js'
import { refuseStrays } from './strays.js'

/** Inputs that say what the application is; paths as the user wrote them. */
export interface ApplicationInputs {
  context: string
  application: string | undefined
  mainClass: string | undefined
  /** Dockerfile of the user. */
  file: string | undefined
  warmup: readonly { body?: { file: string } | { text: string } }[] | undefined
}

/** Folders of the runner, as absolute paths. */
interface Folders {
  /** Start of relative paths. */
  workspace: string
  /** Folder of the run for unpacked files; it is created when it is needed. */
  scratch: string
}

/**
 * Finds the application in the workspace, before any other work; undefined where a Dockerfile of the user describes it. Throws a
 * Failure for files that must not get into an image, such as links to files outside of the workspace.
 */
export async function findInWorkspace(
  log: Log,
  inputs: ApplicationInputs,
  { workspace, scratch }: Folders
): Promise<Application | undefined> {
  const context = path.resolve(workspace, inputs.context)
  // A context outside of the workspace was chosen by the workflow author; a link to a place outside was not.
  const sources = isInside(workspace, context) ? [workspace] : [workspace, context]
  await refuseStrays(bodyFiles(inputs, workspace), [workspace])
  if (inputs.file !== undefined) {
    await refuseStrays([path.resolve(workspace, inputs.file)], sources)
    return undefined
  }
  const { application, mainClass } = inputs
  const found = await findApplication({ context, application, mainClass, scratch })
  await refuseStrays([...found.dependencies.keys(), ...found.classes.keys()], [...sources, scratch])
  log.info(`Found: ${found.description}.`)
  return found
}

/** Files of the workspace that the warm-up sends: they are in the memory of the application, and so in the image. */
function bodyFiles({ warmup = [] }: ApplicationInputs, workspace: string): string[] {
  return warmup
    .flatMap(({ body }) => (body && 'file' in body ? [path.resolve(workspace, body.file)] : []))
    .filter((file) => isInside(workspace, file))
}

function isInside(folder: string, file: string): boolean {
  return !path.relative(folder, file).startsWith('..')
}
