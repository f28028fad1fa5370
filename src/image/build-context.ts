import { cp, link, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Application } from './layouts/layout.js'

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

/** Lays out, in an empty folder, everything that docker/Dockerfile copies. */
export async function assembleBuildContext(folder: string, parts: BuildContextParts): Promise<void> {
  await cp(parts.dockerFolder, folder, { recursive: true })
  await linkOrCopy(parts.jdkArchive, path.join(folder, 'jdk.tar.gz'))

  for (const [name, files] of Object.entries({
    dependencies: parts.application.dependencies,
    classes: parts.application.classes
  })) {
    const destination = path.join(folder, 'application', name)
    await mkdir(destination, { recursive: true })
    for (const [source, target] of files) {
      await cp(source, path.join(destination, target), {
        recursive: true,
        dereference: true,
        preserveTimestamps: true
      })
    }
  }

  // Read by the scripts in the images, one word a line: so no value is ever part of a shell command.
  const launch: Record<string, readonly string[]> = {
    'java-options': parts.javaOptions,
    application: parts.application.command,
    arguments: parts.arguments,
    'main-class': [parts.application.mainClass],
    'cpu-features': [parts.cpuFeatures]
  }
  await mkdir(path.join(folder, 'launch'))
  for (const [name, words] of Object.entries(launch)) {
    await writeFile(path.join(folder, 'launch', name), words.map((word) => `${word}\n`).join(''))
  }
}

// The tool cache and the folder of the run may be on different file systems.
async function linkOrCopy(source: string, destination: string): Promise<void> {
  await link(source, destination).catch(() => cp(source, destination))
}
