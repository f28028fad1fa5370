import path from 'node:path'
import { readManifest } from '../jar.js'
import { isFile, isFolder, type Layout } from './layout.js'
import { CRAC_ENABLED } from './quarkus.js'
import { APP_DIR } from '../../lib/image-paths.js'

const QUARKUS_MAIN = 'io.quarkus.runner.GeneratedMain'

/** Layout of a jar with a Main-Class, and the files beside it in its Class-Path, as builds of Helidon and plain Maven create it. */
export const runnableJar: Layout = async ({ location, mainClass: wanted }) => {
  const manifest = await readManifest(location)
  const mainClass = wanted ?? manifest?.mainClass
  if (manifest === undefined || mainClass === undefined) return undefined
  const name = path.basename(location)
  const dependencies = new Map<string, string>()
  for (const entry of manifest.classPath) {
    const file = path.join(path.dirname(location), entry)
    // In the image, too, these files are beside the jar: other places are not possible.
    const inside = !path.isAbsolute(entry) && !path.normalize(entry).startsWith('..')
    if (inside && ((await isFile(file)) || (await isFolder(file))))
      dependencies.set(file, path.normalize(entry))
  }
  return {
    layout: 'jar',
    description: `runnable jar ${name} (${mainClass})`,
    mainClass,
    command: [
      ...(mainClass === QUARKUS_MAIN ? [CRAC_ENABLED] : []),
      ...(wanted === undefined ? ['-jar', `${APP_DIR}/${name}`] : ['-cp', `${APP_DIR}/${name}`, wanted])
    ],
    dependencies,
    classes: new Map([[location, name]]),
    packed: new Set()
  }
}
