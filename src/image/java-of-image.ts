import path from 'node:path'
import type { ImageFiles } from '../docker/image-files.js'
import { javaVersionIn } from '../jdk/fitting.js'
import { formatRequest, type VersionRequest } from '../jdk/asset.js'
import { Failure } from '../lib/errors.js'

/** The Java of an image. */
export interface JavaOfImage {
  /** Its top folder, as an absolute path in the image. */
  home: string
  /** Version of Java, such as 21 or 8. */
  version: number
  /** Name and version as its file `release` has them, for the log. */
  name: string
  /** Path of its store of certificates, which may be a link; undefined where it has none. */
  trustStore: string | undefined
}

/** Returns the Java that an image starts, or that its PATH or JAVA_HOME has; undefined where it has none with a file `release`. */
export async function findJava(
  files: ImageFiles,
  variables: Readonly<Record<string, string>>,
  command: readonly string[]
): Promise<JavaOfImage | undefined> {
  const started = command.filter((word) => /^\/.*\/java$/.test(word))
  const folders = (variables['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'))
  const programs = [...started, ...folders.map((folder) => path.posix.join(folder, 'java'))]
  const homes: string[] = []
  for (const program of programs) {
    const file = await files.resolve(program)
    if (file !== undefined) homes.push(path.posix.dirname(path.posix.dirname(file)))
  }
  if (variables['JAVA_HOME']?.startsWith('/')) homes.push(variables['JAVA_HOME'])
  for (const home of new Set(homes)) {
    // Java 8 has its runtime in a folder of the JDK.
    for (const top of [home, path.posix.dirname(home)]) {
      const release = await files.text(path.posix.join(top, 'release'))
      const version = javaVersionIn(release)
      if (version === 0) continue
      const certificates = path.posix.join(home, 'lib/security/cacerts')
      const trustStore = (await files.has(certificates)) ? certificates : undefined
      return { home: top, version, name: nameIn(release ?? '', version), trustStore }
    }
  }
  return undefined
}

/** Returns what the file `release` calls a Java, such as `Eclipse Adoptium 21.0.5`. */
function nameIn(release: string, version: number): string {
  const maker = /^IMPLEMENTOR="([^"]{1,100})"/m.exec(release)?.[1]
  const exact = /^JAVA_VERSION="([^"]{1,100})"/m.exec(release)?.[1]
  return [maker, exact ?? String(version)].filter(Boolean).join(' ')
}

/**
 * Returns the version of the JDK that replaces the Java of an image: the same major version, unless a newer one is requested. `latest` is
 * the newest of that major version. Throws a Failure for a request of an older one, which may not run the classes.
 */
export function versionFor(
  java: Pick<JavaOfImage, 'version'>,
  request: VersionRequest,
  info: (line: string) => void
): VersionRequest {
  if (request.kind === 'latest') return { kind: 'major', major: java.version }
  const text = formatRequest(request)
  const major = request.kind === 'major' ? request.major : Number(/^\d+/.exec(request.version)?.[0])
  if (major < java.version) {
    throw new Failure('input', `\`java-version\` is ${text}, and the image has Java ${java.version}.`, {
      fix: `Leave \`java-version\` out, for Java ${java.version}, or set a newer one: an older Java may not run the classes.`
    })
  }
  if (major > java.version)
    info(`The image has Java ${java.version}; \`java-version: ${text}\` replaces it by a newer one.`)
  return request
}
