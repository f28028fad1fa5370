import { cp, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { APP_DIR, CRAC_DIR, HOME_DIR, LAUNCH_FILES } from '../lib/image-paths.js'
import { POLICIES_PROPERTY } from '../application/resource-policies.js'
import { TAKES_CHECKPOINT } from '../application/frameworks.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import { isInAnImage, type Application } from '../application/layouts/layout.js'
import { writeArchiveTree } from './archive-tree.js'
import { packClasses } from './class-jar.js'
import { setTimes } from './times.js'

/** Mode of the home folder in docker/tools/prepare-base.sh: copying into a folder may set its mode. */
const HOME_MODE = 0o750

export interface BuildContextParts {
  dockerFolder: string
  jdkArchive: string
  application: Application
  javaOptions: readonly string[]
  arguments: readonly string[]
  cpuFeatures: string
  /** Variables that the image sets, `NAME=value` each, whose options the entry script leaves out. */
  ownOptions: readonly string[]
  /** Rules for open resources; undefined for none. */
  resourcePolicies: string | undefined
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

  const { dependencies, classes, packed, files } = parts.application
  // A folder /app of the user's image keeps its owner and its mode.
  const isInImage = isInAnImage(parts.application)
  for (const [name, files] of Object.entries({ dependencies, classes })) {
    await mkdir(tree(name, isInImage ? '' : APP_DIR), { recursive: true })
    for (const [source, target] of files) {
      const destination = path.join(tree(name, APP_DIR), target)
      const options = { recursive: true, dereference: true, preserveTimestamps: true }
      await mkdir(path.dirname(destination), { recursive: true })
      if (packed.has(source)) await packClasses(source, destination)
      else await cp(source, destination, options)
    }
  }

  // What is in the working folder belongs to the application's user, who owns that folder.
  await mkdir(tree('working'), { mode: HOME_MODE })
  for (const [target, source] of files) {
    const below = path.posix.relative(HOME_DIR, target)
    const destination = below.startsWith('..') ? tree('classes', target) : tree('working', below)
    await mkdir(path.dirname(destination), { recursive: true })
    await cp(source, destination, { dereference: true, preserveTimestamps: true })
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
    [LAUNCH_FILES.cpuFeatures]: [parts.cpuFeatures],
    [LAUNCH_FILES.ownOptions]: parts.ownOptions
  }
  for (const [name, words] of Object.entries(launch)) {
    await writeFile(path.join(tree('launch', CRAC_DIR), name), lines(words))
  }
  const policies = path.posix.join(CRAC_DIR, LAUNCH_FILES.resourcePolicies)
  if (parts.resourcePolicies !== undefined)
    await writeFile(
      path.join(tree('launch', CRAC_DIR), LAUNCH_FILES.resourcePolicies),
      parts.resourcePolicies
    )
  const once = [...parts.javaOptions, ...parts.application.command].filter((word) =>
    TAKES_CHECKPOINT.test(word)
  )
  await writeFile(
    path.join(tree('checkpoint', CRAC_DIR), LAUNCH_FILES.checkpointOptions),
    lines([...once, ...(parts.resourcePolicies === undefined ? [] : [`-D${POLICIES_PROPERTY}=${policies}`])])
  )
  await setTimes(tree(''), tree('classes', APP_DIR))
  await writeArchiveTree(folder, undefined)
}

const lines = (words: readonly string[]): string => words.map((word) => `${word}\n`).join('')
