import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { readManifest, unpackFrom } from '../jar.js'
import { HOME, isFolder, type Layout } from './layout.js'

/**
 * A fat jar of Spring Boot, unpacked as its own tools unpack it: so that the dependencies have a layer of their own,
 * and no loader looks into jars within jars. https://docs.spring.io/spring-boot/specification/executable-jar/nested-jars.html
 */
export const springBootJar: Layout = async ({ at, scratch }) => {
  const mainClass = (await readManifest(at))?.startClass
  if (mainClass === undefined) return undefined
  const folder = path.join(scratch, 'spring-boot')
  await unpackFrom(at, 'BOOT-INF/', folder)
  // A build that is not layered has no index of the class path; then the order of the names has to do.
  const lib = path.join(folder, 'lib')
  const jars = (await isFolder(lib)) ? (await readdir(lib)).sort() : []
  const dependencies = new Map<string, string>()
  const classes = new Map([[path.join(folder, 'classes'), 'classes']])
  for (const jar of jars) {
    // What is still being worked on changes as often as the application.
    const files = jar.includes('-SNAPSHOT') ? classes : dependencies
    files.set(path.join(lib, jar), `lib/${jar}`)
  }
  const classPath = ['classes', ...jars.map((jar) => `lib/${jar}`)].map((entry) => `${HOME}/${entry}`)
  return {
    layout: 'spring-boot',
    description: `Spring Boot jar ${path.basename(at)} (${mainClass}), unpacked`,
    mainClass,
    command: ['-cp', classPath.join(':'), mainClass],
    dependencies,
    classes
  }
}
