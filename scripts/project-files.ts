import { readdirSync } from 'node:fs'
import path from 'node:path'

/** Folders without sources and pages. */
const NO_SOURCES = /^(?:\.git|dist|coverage|bench\/report)$|(?:^|\/)(?:node_modules|target)$/

/** Returns the paths, relative to `root`, of all files of the project, without packages and builds. */
export function projectFiles(root: string, folder = ''): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return NO_SOURCES.test(file) ? [] : projectFiles(root, file)
    return entry.isFile() ? [file] : []
  })
}
