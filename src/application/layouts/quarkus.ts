import path from 'node:path'
import { readManifest } from '../jar.js'
import { isFolder, type Layout } from './layout.js'
import { APP_DIR } from '../../lib/image-paths.js'

const JAR = 'quarkus-run.jar'

/**
 * Option without which Quarkus 3.31 and newer does not stop its server before a checkpoint. Quarkus reads it at the start,
 * independent of the build. https://github.com/quarkusio/quarkus/issues/56797
 */
export const CRAC_ENABLED = '-Dquarkus.package.jar.crac.enabled=true'

/**
 * Layout of `quarkus-app/`, as the build of Quarkus creates it: `lib/` has the dependencies, the rest is the application.
 * https://quarkus.io/guides/maven-tooling#fast-jar
 */
export const quarkusApp: Layout = async ({ location }) => {
  const folder = path.basename(location) === 'quarkus-app' ? location : path.join(location, 'quarkus-app')
  const mainClass = (await readManifest(path.join(folder, JAR)))?.mainClass
  if (mainClass === undefined) return undefined
  const classes = new Map([[path.join(folder, JAR), JAR]])
  for (const name of ['app', 'quarkus']) {
    if (await isFolder(path.join(folder, name))) classes.set(path.join(folder, name), name)
  }
  const lib = path.join(folder, 'lib')
  return {
    layout: 'quarkus-app',
    description: `Quarkus application (${mainClass})`,
    mainClass,
    command: [CRAC_ENABLED, '-jar', `${APP_DIR}/${JAR}`],
    dependencies: (await isFolder(lib)) ? new Map([[lib, 'lib']]) : new Map<string, string>(),
    classes,
    packed: new Set()
  }
}

/** Returns the arguments of java with the option, where they start an archive of Quarkus and do not set it. */
export function withQuarkusSupport(words: readonly string[]): string[] {
  const jar = words[words.indexOf('-jar') + 1] ?? ''
  const isSet = words.some((word) => word.startsWith(CRAC_ENABLED.replace(/=.*/, '=')))
  return words.includes('-jar') && path.posix.basename(jar) === JAR && !isSet
    ? [CRAC_ENABLED, ...words]
    : [...words]
}
