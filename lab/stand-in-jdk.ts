import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'
import type { LabDocker } from './docker/docker.js'
import { hashFolder } from './hash.js'
import { PROJECT } from './home.js'
import type { Progress } from './progress.js'

export interface LabJdk {
  /** Path of the archive. */
  file: string
  description: string
}

const IMAGE = 'crac-checkpoint-lab/jdk'

/** Java version of the stand-in JDK, without LAB_JAVA. */
const JAVA = '21'

/** LAB_JDK_ARCHIVE, or the stand-in JDK of the version LAB_JAVA, built in the engine from lab/jdk and kept until that changes. */
export async function ensureJdk(
  home: string,
  engine: LabDocker,
  baseImage: string,
  progress: Progress
): Promise<LabJdk> {
  const given = process.env['LAB_JDK_ARCHIVE']
  if (given) return { file: path.resolve(given), description: `${path.basename(given)} (LAB_JDK_ARCHIVE)` }

  const java = process.env['LAB_JAVA'] ?? JAVA
  const description = `a stand-in: Debian's OpenJDK ${java} with the lab's own jdk.crac on top of CRIU`
  const sources = path.join(PROJECT, 'lab/jdk')
  const folder = path.join(home, 'jdk', `${java}-${await hashFolder(sources)}`)
  if (!existsSync(folder)) {
    progress('Building the stand-in CRaC JDK (about two minutes, once) ...')
    const building = `${folder}.building`
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { recursive: true })
    const env = engine.environment
    const buildArgs = [`BASE_IMAGE=${baseImage}`, `JAVA=${java}`].flatMap((value) => ['--build-arg', value])
    await run('docker', ['build', '--tag', IMAGE, ...buildArgs, sources], { env })
    const container = await run('docker', ['create', IMAGE], { env })
    try {
      await run('docker', ['cp', `${container}:/out/.`, building], { env })
    } finally {
      await run('docker', ['rm', container], { env })
    }
    await rename(building, folder)
  }
  const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tar.gz'))
  if (!archive) throw new Error(`${folder} holds no archive; remove it and run this again`)
  return { file: path.join(folder, archive), description }
}
