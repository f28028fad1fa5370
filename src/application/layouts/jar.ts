import path from 'node:path'
import { readManifest } from '../jar.js'
import { isFile, isFolder, type Layout } from './layout.js'
import { CRAC_ENABLED } from './quarkus.js'
import { APP_DIR } from '../../lib/image-paths.js'

/** Of an uber-jar. */
const QUARKUS_MAIN = 'io.quarkus.runner.GeneratedMain'

/** A jar with a Main-Class, and what its Class-Path names beside it: as Helidon's and plain Maven builds make it. */
export const runnableJar: Layout = async ({ at, mainClass: wanted }) => {
  const manifest = await readManifest(at)
  const mainClass = wanted ?? manifest?.mainClass
  if (manifest === undefined || mainClass === undefined) return undefined
  const name = path.basename(at)
  const dependencies = new Map<string, string>()
  for (const entry of manifest.classPath) {
    const file = path.join(path.dirname(at), entry)
    // Only what lies beside the jar can lie beside it in the image.
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
    classes: new Map([[at, name]])
  }
}
