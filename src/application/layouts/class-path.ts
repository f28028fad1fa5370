import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** `classes/` and the jars of `lib/` or `libs/`, run by the main class that the user names. */
export const classPath: Layout = async ({ at, mainClass }) => {
  if (mainClass === undefined) return undefined
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const entries: string[] = []
  if (await isFolder(path.join(at, 'classes'))) {
    classes.set(path.join(at, 'classes'), 'classes')
    entries.push('classes')
  }
  for (const name of ['lib', 'libs']) {
    const folder = path.join(at, name)
    if (!(await isFolder(folder))) continue
    const jars = (await readdir(folder)).filter((file) => file.endsWith('.jar')).sort()
    dependencies.set(folder, name)
    entries.push(...jars.map((jar) => `${name}/${jar}`))
  }
  if (entries.length === 0) return undefined
  return {
    layout: 'class-path',
    description: `class path of ${entries.length} ${entries.length === 1 ? 'entry' : 'entries'} (${mainClass})`,
    mainClass,
    command: ['-cp', entries.map((entry) => `${APP_DIR}/${entry}`).join(':'), mainClass],
    dependencies,
    classes
  }
}
