import { readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Application } from './layouts/layout.js'

/** Names of folders and files that applications read beside their jar. */
const OBVIOUS =
  /^(?:config|conf|data|plugins|static|public|templates|(?:application|bootstrap|logback|log4j2?|logging)(?:[.-][\w.-]+)?\.(?:properties|ya?ml|xml|json|conf|toml))$/

const MOST_NAMED = 10

/**
 * Returns a sentence on the files of the workspace and beside the application that it perhaps reads, and that are not in the
 * image; undefined if there are none.
 */
export async function leftOutOf(
  { dependencies, classes, files }: Application,
  folders: { workspace: string; context: string; scratch: string }
): Promise<string | undefined> {
  const { workspace, context, scratch } = folders
  const own = [...dependencies.keys(), ...classes.keys(), ...files.values()]
  const beside = own.filter((source) => !source.startsWith(scratch)).map((source) => path.dirname(source))
  const searched = new Set([workspace, context, ...beside])
  const found: string[] = []
  for (const folder of searched) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!OBVIOUS.test(entry.name) || !(entry.isFile() || entry.isDirectory())) continue
      const file = path.join(folder, entry.name)
      if (own.some((source) => isBelow(source, file) || isBelow(file, source))) continue
      found.push(path.relative(workspace, file) + (entry.isDirectory() ? '/' : ''))
    }
  }
  if (found.length === 0) return undefined
  const names = [...new Set(found)].sort()
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return `Not in the image: ${names.slice(0, MOST_NAMED).join(', ')}${more}. If the application reads them when it runs, list them in \`files\`.`
}

function isBelow(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`)
}
