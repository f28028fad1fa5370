import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { readManifest } from '../jar.js'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

const JAR = 'application.jar'

/**
 * Layout of `layers/`, as the build of Micronaut creates it. The content of `app/` goes into the folder of the application,
 * and the other folders go there under their names. https://micronaut-projects.github.io/micronaut-gradle-plugin/latest/#_dockerfile
 */
export const micronautLayers: Layout = async ({ location }) => {
  const layers = path.basename(location) === 'layers' ? location : path.join(location, 'layers')
  const mainClass = (await readManifest(path.join(layers, 'app', JAR)))?.mainClass
  if (mainClass === undefined) return undefined

  const dependencies = new Map<string, string>()
  const classes = new Map([[path.join(layers, 'app'), '.']])
  for (const name of (await readdir(layers)).sort()) {
    if (name === 'app' || !(await isFolder(path.join(layers, name)))) continue
    const files = name.endsWith('libs') ? dependencies : classes
    files.set(path.join(layers, name), name)
  }
  return {
    layout: 'micronaut-layers',
    description: `Micronaut layers (${mainClass})`,
    mainClass,
    command: ['-jar', `${APP_DIR}/${JAR}`],
    dependencies,
    classes
  }
}
