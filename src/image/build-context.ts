import { cp, lutimes, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { APP_DIR, CRAC_DIR, LAUNCH_FILES } from '../lib/image-paths.js'
import { hashOfFile } from '../lib/digest.js'
import { TAKES_CHECKPOINT } from '../application/frameworks.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import type { Application } from '../application/layouts/layout.js'

export interface BuildContextParts {
  dockerFolder: string
  jdkArchive: string
  application: Application
  javaOptions: readonly string[]
  arguments: readonly string[]
  cpuFeatures: string
}

/**
 * Creates a folder with everything that docker/Dockerfile copies. The files of the images are in trees, together with their
 * parent folders, so that the times of these folders do not depend on the run.
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
  // The scripts in the images read these files, with one word per line: no value is ever part of a shell command.
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
  await setTimes(tree(''), tree('classes', APP_DIR))
}

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('')

/** Earliest time of a file, in seconds since 1970: zip, and so some tools, do not support times before 1980. */
const EPOCH = Date.UTC(1980, 1, 1) / 1000

/**
 * Sets times that depend on the content of each file, so that the same content gives the same layer on every machine.
 * One time for all files would not work: BuildKit reuses the content of an earlier run for a file with the same size and
 * time. Files of the application keep their times, except the fraction of a second, because web servers send the time of a
 * resource to browsers.
 */
async function setTimes(folder: string, classes: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await lutimes(file, EPOCH, EPOCH)
    if (!entry.isFile()) continue
    const number = await contentNumber(file)
    const isClass = file.startsWith(classes + path.sep)
    const time = isClass
      ? Math.floor((await stat(file)).mtimeMs / 1000) + (number % 1e6) / 1e6
      : EPOCH + number
    await lutimes(file, time, time)
  }
}

/** Returns a number below 2^29 (17 years in seconds) that depends on the content. */
async function contentNumber(file: string): Promise<number> {
  const hash = await hashOfFile(file)
  return hash.digest().readUInt32BE() >>> 3
}
