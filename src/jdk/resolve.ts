import path from 'node:path'
import type { Context } from '../docker/context.js'
import { Failure } from '../lib/errors.js'
import { logProgress } from '../lib/log.js'
import type { Architecture, Distribution, VersionRequest } from './asset.js'
import { jdkFromFile } from './file.js'
import { noneForImage, requireFitting, requireNotOlder, type JavaNeed } from './fitting.js'
import type { JdkArchive } from './install.js'
import { jdkSource, type JdkSourceContext } from './source.js'

export interface JdkInputs {
  distribution: Distribution
  javaVersion: VersionRequest
  /** Archive for the distribution `file`, relative to the workspace. */
  jdkFile: string | undefined
  jdkSha256: string | undefined
  /** The Java of an image that the JDK replaces; undefined where there is no image. */
  replaces?: { version: number }
  githubApiUrl: URL
  githubToken: string | undefined
}

/** Environment of the search for a JDK: the vendors' APIs, the tool cache and the known digests. */
export interface JdkEnvironment extends Omit<
  JdkSourceContext,
  'clock' | 'githubApiUrl' | 'githubToken' | 'info' | 'warning'
> {
  workspace: string
}

/**
 * Selects the release that the inputs request, and returns its verified archive, without what an image does not need. Throws a
 * Failure, before a download, if the application needs a JDK of another version. The need may be found out meanwhile.
 */
export async function resolveJdk(
  { clock, log, work }: Pick<Context, 'clock' | 'log' | 'work'>,
  inputs: JdkInputs,
  environment: JdkEnvironment,
  architecture: Architecture,
  need: Promise<JavaNeed | undefined>
): Promise<JdkArchive> {
  const { distribution, javaVersion, jdkFile = '', jdkSha256, githubApiUrl, githubToken } = inputs
  const warning = (line: string): void => log.warning(line)
  const info = (line: string): void => log.info(line)
  const source = jdkSource({ ...environment, clock, githubApiUrl, githubToken, info, warning })
  const given = { jdkSha256, temporaryFolder: work }
  if (distribution === 'file') {
    // The search for the application refuses files outside of the workspace.
    const needed = await need
    const file = path.resolve(environment.workspace, jdkFile)
    const archive = await jdkFromFile(file, architecture, given, warning)
    await requireFitting(needed, archive.asset, source.list)
    if (inputs.replaces) requireNotOlder(inputs.replaces.version, archive.asset.major, jdkFile)
    return archive
  }
  const asset = await source
    .resolve(distribution, javaVersion, architecture)
    .catch(async (error: unknown) => {
      const isOfImage = javaVersion.kind === 'major' && javaVersion.major === inputs.replaces?.version
      if (!inputs.replaces || !isOfImage || !(error instanceof Failure) || error.category !== 'jdk')
        throw error
      throw await noneForImage(inputs.replaces.version, distribution, architecture, source.list)
    })
  await requireFitting(await need, asset, source.list)
  return await source.install(asset, { ...given, content: 'thin', progress: logProgress(log, clock) })
}
