import path from 'node:path'

/** Folders of a system that its own image has. The JVM may name files in them, such as /dev/urandom. */
const NEVER = new Set([
  ...['bin', 'boot', 'dev', 'lib', 'lib32', 'lib64', 'libx32', 'media', 'mnt', 'proc', 'run', 'sbin', 'sys'],
  '.dockerenv'
])

/** Folders of a system in which an application may be, too. */
const SYSTEM = new Set(['etc', 'root', 'tmp', 'usr', 'var'])

/** Folders of a system with files of many programs: of these only what the start command names is kept. */
const SHARED =
  /^\/(?:[^/]*|etc\/(?:alternatives|fonts|group|hostname|hosts|passwd|pki|resolv\.conf|ssl)|usr\/(?:bin|games|include|lib\w*|libexec|local|sbin|share|src|lib\/jvm|local\/(?:bin|etc|include|lib\w*|sbin|share|src))|var\/(?:cache|lib|log|opt|run|spool|tmp))$/

const ARCHIVE = /\.[jw]ar$/

/** What names files of the application. */
export interface StartOfApplication {
  /** Arguments of java. */
  words: readonly string[]
  workingDirectory: string
  environment: Readonly<Record<string, string>>
  volumes: readonly string[]
  /** Home of the Java that is replaced. */
  javaHome: string
}

/** Variables that lead to programs and libraries of the system. */
const OF_SYSTEM = new Set(['PATH', 'JAVA_HOME', 'HOME', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'PWD'])

/**
 * Returns which files of an image are those of the application: all outside of the folders of its system and of its Java; and in
 * the folders of the system the working folder, the volumes, and what the arguments of java and the variables name. Of a jar, its whole
 * folder is kept, since its manifest may name others.
 */
export function keptPaths(start: StartOfApplication): (file: string) => boolean {
  const { workingDirectory, environment, words, volumes, javaHome } = start
  const values = Object.entries(environment).flatMap(([name, value]) => (OF_SYSTEM.has(name) ? [] : [value]))
  const named = [...words, ...values].flatMap((text) => namedIn(text, workingDirectory))
  const roots = new Set<string>()
  for (const file of [workingDirectory, ...volumes, ...named]) {
    const found = path.posix.normalize(file).replace(/(?<=.)\/$/, '')
    if (!SHARED.test(found) || ARCHIVE.test(found)) roots.add(found)
    const folder = path.posix.dirname(found)
    if (ARCHIVE.test(found) && !SHARED.test(folder)) roots.add(folder)
  }
  return (file) => {
    if (isBelow(file, javaHome)) return false
    const [, top = ''] = file.split('/')
    if (NEVER.has(top)) return false
    return !SYSTEM.has(top) || [...roots].some((root) => isBelow(file, root))
  }
}

const isBelow = (file: string, folder: string): boolean => `${file}/`.startsWith(`${folder}/`)

/** Returns the paths in an argument or a variable: parts of a class path, values of properties, addresses of files. */
function namedIn(text: string, folder: string): string[] {
  return text
    .split(/[:;,=\s]+/)
    .filter((part) => part !== '' && !part.startsWith('-'))
    .map((part) => path.posix.resolve(folder, part.replace(/^\/\/+/, '/').replace(/\/\*$/, '')))
}
