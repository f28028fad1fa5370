import { lstat, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { Failure, messageOf } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { findApplication } from './find.js'
import { furtherFiles, type FileLine } from './further-files.js'
import type { Application, LaunchSettings } from './layouts/layout.js'
import { leftOutOf } from './left-out.js'
import type { ResourcePolicies } from './resource-policies.js'

/** Inputs that say what the application is; paths as the user wrote them. */
export interface ApplicationInputs extends LaunchSettings {
  context: string
  application: string | undefined
  mainClass: string | undefined
  file: string | undefined
  image: string | undefined
  jdkFile: string | undefined
  resourcePolicies?: ResourcePolicies | undefined
  files: readonly FileLine[]
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
 * Finds the application in the workspace, before any other work; undefined where a Dockerfile of the user or an image has it. Throws a
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
  const named = namedFiles(inputs, workspace)
  for (const { input, file } of named) await requireFile(input, file)
  // An archive of a JDK outside of the workspace was chosen by the workflow author, too.
  const inside = named.filter(({ input, file }) => input !== 'jdk-file' || isInside(workspace, file))
  await refuseOutsideFiles(
    inside.map(({ file }) => file),
    sources
  )
  if (inputs.image !== undefined || inputs.file !== undefined) return undefined
  const found = await findApplication({ ...inputs, context, scratch })
  await refuseOutsideFiles([...found.dependencies.keys(), ...found.classes.keys()], [...sources, scratch])
  const files = await furtherFiles(inputs.files, workspace)
  await refuseOutsideFiles(files.values(), sources)
  log.info(`Found: ${found.description}.`)
  for (const sentence of found.leftOut ?? []) log.info(sentence)
  const leftOut = await leftOutOf({ ...found, files }, { workspace, context, scratch })
  if (leftOut !== undefined) log.info(leftOut)
  return { ...found, files }
}

/** Returns the files that inputs name, as absolute paths. What the warm-up sends is in the memory of the application, and so in the image. */
function namedFiles(
  { warmup = [], resourcePolicies, jdkFile, file, image }: ApplicationInputs,
  workspace: string
): { input: string; file: string }[] {
  const named = [
    { input: 'resource-policies', name: fileOf(resourcePolicies) },
    ...warmup.map(({ body }) => ({ input: 'warmup', name: fileOf(body) })),
    { input: 'jdk-file', name: jdkFile },
    { input: 'file', name: image === undefined ? file : undefined }
  ]
  return named.flatMap(({ input, name }) =>
    name === undefined ? [] : { input, file: path.resolve(workspace, name) }
  )
}

function fileOf(given: { file: string } | { text: string } | undefined): string | undefined {
  return given && 'file' in given ? given.file : undefined
}

/** Throws a Failure for a file that does not exist; a link to nowhere exists. */
async function requireFile(input: string, file: string): Promise<void> {
  await lstat(file).catch((error: unknown) => {
    const { code = '' } = error as NodeJS.ErrnoException
    const why = ['ENOENT', 'ENOTDIR'].includes(code)
      ? 'does not exist'
      : `cannot be read (${messageOf(error)})`
    throw new Failure('input', `Invalid input \`${input}\`: ${file} ${why}.`, {
      fix: 'Use a path relative to the workspace. An earlier step has to create the file, or check it out (actions/checkout).'
    })
  })
}

function isInside(folder: string, file: string): boolean {
  return !path.relative(folder, file).startsWith('..')
}

/**
 * Throws a Failure for files that must not get into an image: files outside of the folders to which a symbolic link leads, and
 * pipes and devices. A pull request can add such links, and the runner has logins and keys.
 */
export async function refuseOutsideFiles(
  sources: Iterable<string>,
  folders: readonly string[]
): Promise<void> {
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)))
  for (const source of sources) await refuseOutside(source, roots, new Set())
}

async function refuseOutside(
  file: string,
  roots: readonly string[],
  above: ReadonlySet<string>
): Promise<void> {
  const real = await realpath(file).catch((error: unknown) => {
    throw outside(file, `cannot be followed (${messageOf(error)})`)
  })
  if (!roots.some((root) => real === root || real.startsWith(`${root.replace(/\/$/, '')}/`)))
    throw outside(file, `leads to ${real}, which is outside of the workspace and of \`context\``)
  const entry = await lstat(real)
  if (entry.isFile()) return
  if (!entry.isDirectory()) throw outside(file, 'is neither a file nor a folder')
  if (above.has(real)) throw outside(file, 'leads to a folder that contains it')
  for (const name of await readdir(real))
    await refuseOutside(path.join(file, name), roots, new Set([...above, real]))
}

function outside(file: string, why: string): Failure {
  return new Failure('input', `${file} ${why}. It must not get into an image.`, {
    fix: 'Copy the files that the application needs into `context`, and remove links to other places.'
  })
}
