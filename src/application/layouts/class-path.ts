import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** Layout of a folder with `classes/` and jars in `lib/` or `libs/`; the user names the main class. */
export const classPath: Layout = async ({ location, mainClass }) => {
  if (mainClass === undefined) return undefined
  const dependencies = new Map<string, string>()
  const classes = new Map<string, string>()
  const entries: string[] = []
  if (await isFolder(path.join(location, 'classes'))) {
    classes.set(path.join(location, 'classes'), 'classes.jar')
    entries.push('classes.jar')
  }
  for (const name of ['lib', 'libs']) {
    const folder = path.join(location, name)
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
    packed: new Set(classes.keys()),
    classes
  }
}
