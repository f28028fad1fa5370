import { cp, lutimes, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { APP_DIR, CRAC_DIR, LAUNCH_FILES } from '../lib/image-paths.js'
import { hashOfFile } from '../lib/digest.js'
import { TAKES_CHECKPOINT } from '../application/frameworks.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import type { Application } from '../application/layouts/layout.js'

export interface BuildContextParts {
  /** The project's `docker/` folder. */
  dockerFolder: string
  /** Archive of the JDK. */
  jdkArchive: string
  application: Application
  javaOptions: readonly string[]
  arguments: readonly string[]
  cpuFeatures: string
}

/**
 * Lays out, in an empty folder, everything that docker/Dockerfile copies. What goes into the images stands in trees, with
 * the folders that it has there: so the times of those folders are ours too.
 */
export async function assembleBuildContext(folder: string, parts: BuildContextParts): Promise<void> {
  const from = (name: string): string => path.join(parts.dockerFolder, name)
  const tree = (name: string, inside = ''): string => path.join(folder, 'trees', name, inside)
  await mkdir(folder)
  await cp(from('Dockerfile'), path.join(folder, 'Dockerfile'))
  await cp(from('tools'), path.join(folder, 'tools'), { recursive: true })
  await linkOrCopy(parts.jdkArchive, path.join(folder, 'jdk.tar.gz'))

  const { dependencies, classes } = parts.application
  for (const [name, files] of Object.entries({ dependencies, classes })) {
    await mkdir(tree(name, APP_DIR), { recursive: true })
    for (const [source, target] of files) {
      const options = { recursive: true, dereference: true, preserveTimestamps: true }
      await cp(source, path.join(tree(name, APP_DIR), target), options)
    }
  }

  await cp(from('image'), tree('launch', CRAC_DIR), { recursive: true })
  await cp(from('seccomp.json'), path.join(tree('launch', CRAC_DIR), LAUNCH_FILES.seccompProfile))
  await cp(from('checkpoint'), tree('checkpoint', CRAC_DIR), { recursive: true })
  // Read by the scripts in the images, one word a line: so no value is ever part of a shell command.
  const usual = (words: readonly string[]): string[] => words.filter((word) => !TAKES_CHECKPOINT.test(word))
  const launch: Record<string, readonly string[]> = {
    [LAUNCH_FILES.javaOptions]: usual(parts.javaOptions),
    [LAUNCH_FILES.application]: usual(parts.application.command),
    [LAUNCH_FILES.arguments]: parts.arguments,
    [LAUNCH_FILES.mainClass]: [parts.application.mainClass],
    [LAUNCH_FILES.cpuFeatures]: [parts.cpuFeatures]
  }
  for (const [name, words] of Object.entries(launch)) {
    await writeFile(path.join(tree('launch', CRAC_DIR), name), lines(words))
  }
  const once = [...parts.javaOptions, ...parts.application.command].filter((word) =>
    TAKES_CHECKPOINT.test(word)
  )
  await writeFile(path.join(tree('checkpoint', CRAC_DIR), LAUNCH_FILES.checkpointOptions), lines(once))
  await settleTimes(tree(''), tree('classes', APP_DIR))
}

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('')

/** The first of the times that files get: zip, and with it some tools, knows none before 1980. In seconds. */
const EPOCH = Date.UTC(1980, 1, 1) / 1000

/**
 * Gives everything a time that depends on its content, so that the same content makes the same layer on every machine.
 * Not one time for all: the engine takes a file that has the size and the time of an earlier run's for that one, and
 * would build with its content. The application's own files keep theirs but for the fraction of a second: web servers
 * tell browsers the time of a resource.
 */
async function settleTimes(folder: string, own: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await lutimes(file, EPOCH, EPOCH)
    if (!entry.isFile()) continue
    const number = await contentNumber(file)
    const isOwn = file.startsWith(own + path.sep)
    const time = isOwn ? Math.floor((await stat(file)).mtimeMs / 1000) + (number % 1e6) / 1e6 : EPOCH + number
    await lutimes(file, time, time)
  }
}

/** A number below 2^29, other for other content: as seconds, 17 years. */
async function contentNumber(file: string): Promise<number> {
  const hash = await hashOfFile(file)
  return hash.digest().readUInt32BE() >>> 3
}
