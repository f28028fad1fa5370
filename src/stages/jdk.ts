import path from 'node:path'
import type { Architecture } from '../jdk/asset.js'
import { jdkFromFile } from '../jdk/file.js'
import type { JdkArchive } from '../jdk/install.js'
import { jdkSource } from '../jdk/source.js'
import { logProgress } from '../lib/log.js'
import type { Run } from './run.js'

/** Finds the release, and gets its archive. */
export async function resolveJdk(
  { inputs, world, steps, work }: Run,
  architecture: Architecture
): Promise<JdkArchive> {
  const { log, clock } = world
  return await steps.run('jdk', 'Resolve the JDK', async () => {
    const { distribution, jdkSha256 } = inputs
    if (distribution === 'file') {
      const file = path.resolve(world.workspace, inputs.jdkFile ?? '')
      return await jdkFromFile(file, architecture, jdkSha256, (line) => log.warning(line))
    }
    const source = jdkSource(
      {
        ...world,
        githubApiUrl: inputs.githubApiUrl,
        githubToken: inputs.githubToken,
        info: (line) => log.info(line),
        warning: (line) => log.warning(line)
      },
      world.patience
    )
    const asset = await source.resolve(distribution, inputs.javaVersion, architecture)
    return await source.install(asset, {
      jdkSha256,
      temporaryFolder: work,
      progress: logProgress(log, clock)
    })
  })
}
