import { stat } from 'node:fs/promises'
import path from 'node:path'
import { escapePath, glob } from 'tinyglobby'
import { Failure } from '../lib/errors.js'
import { HOME_DIR } from '../lib/image-paths.js'

/** A line of the input `files`. */
export interface FileLine {
  /** Line as the user wrote it. */
  text: string
  /** File, folder or glob, relative to the workspace. */
  source: string
  /** Place in the image, absolute or relative to the working folder; undefined: as in the workspace. */
  target: string | undefined
}

/** Folders whose content never belongs to an application: Git keeps the token of the checkout in its own. */
const IGNORED = ['**/.git/**']

/**
 * Returns the files of the lines. Absolute path in the image → absolute path on the runner. Throws a Failure for a line
 * without files, and for two files with the same place.
 */
export async function furtherFiles(
  lines: readonly FileLine[],
  workspace: string
): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const line of lines) {
    const found = await filesOf(line, workspace)
    if (found.length === 0) {
      throw new Failure('input', `Invalid input \`files\`: nothing in the workspace matches ${line.text}.`, {
        fix: 'Use paths and globs relative to the workspace, one `source` or `source:target` a line.'
      })
    }
    for (const [source, target] of found) {
      const place = path.posix.resolve(HOME_DIR, target)
      const other = files.get(place)
      if (other !== undefined && other !== source) {
        throw new Failure(
          'input',
          `Invalid input \`files\`: ${other} and ${source} have the same place ${place}.`,
          { fix: 'Give one of them another target.' }
        )
      }
      files.set(place, source)
    }
  }
  return files
}

/** Returns pairs of a file on the runner and its place in the image, which may be relative. */
async function filesOf(
  { source, target }: FileLine,
  workspace: string
): Promise<[source: string, target: string][]> {
  const literal = path.resolve(workspace, source)
  const entry = await stat(literal).catch(() => undefined)
  if (entry?.isFile()) {
    const name = path.basename(source)
    const place = target?.endsWith('/') ? path.posix.join(target, name) : (target ?? inWorkspace(source))
    return [[literal, place]]
  }
  // A folder stands for everything in it, and a glob for the files below its part without wildcards.
  const base = entry?.isDirectory() ? path.posix.normalize(source).replace(/\/$/, '') : fixedPart(source)
  const pattern = entry?.isDirectory() ? path.posix.join(escapePath(base), '**') : source
  const names = await glob(pattern, { cwd: workspace, dot: true, expandDirectories: false, ignore: IGNORED })
  return names.sort().map((name) => {
    const below = path.posix.relative(base, path.posix.normalize(name))
    return [path.resolve(workspace, name), path.posix.join(target ?? inWorkspace(base), below)]
  })
}

/** Returns the place of a path of the workspace below the working folder; without what leads out of the workspace. */
function inWorkspace(source: string): string {
  return path.posix.normalize(source).replace(/^(?:\/|(?:\.\.\/)+)+/, '')
}

/** Returns the folders in front of the first wildcard of a glob. */
function fixedPart(glob: string): string {
  const parts = glob.split('/')
  const wild = parts.findIndex((part) => /[*?[\]{}()!]/.test(part))
  return parts.slice(0, wild < 0 ? -1 : wild).join('/') || '.'
}
