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
  const manifest = await readManifest(path.join(layers, 'app', JAR))
  const mainClass = manifest?.mainClass
  if (mainClass === undefined) return undefined
  const onClassPath = new Set(manifest?.classPath.map((entry) => entry.replace(/^\.\/|\/$/g, '')))

  const dependencies = new Map<string, string>()
  const packed = new Map<string, string>()
  const classes = new Map([[path.join(layers, 'app'), '.']])
  for (const name of (await readdir(layers)).sort()) {
    const source = path.join(layers, name)
    if (name === 'app' || !(await isFolder(source))) continue
    if (name.endsWith('libs')) dependencies.set(source, name)
    else if (onClassPath.has(name)) packed.set(source, `${name}.jar`)
    else classes.set(source, name)
  }
  for (const [source, target] of packed) classes.set(source, target)
  // The manifest names the folders, which are not in the image.
  const jars = [...packed.values(), JAR].map((jar) => `${APP_DIR}/${jar}`)
  return {
    layout: 'micronaut-layers',
    description: `Micronaut layers (${mainClass})`,
    mainClass,
    command: packed.size > 0 ? ['-cp', jars.join(':'), mainClass] : ['-jar', `${APP_DIR}/${JAR}`],
    dependencies,
    classes,
    packed: new Set(packed.keys())
  }
}
