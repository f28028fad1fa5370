import path from 'node:path'
import type { Context } from '../docker/context.js'
import { logProgress } from '../lib/log.js'
import type { Architecture, Distribution, VersionRequest } from './asset.js'
import { jdkFromFile } from './file.js'
import { requireFitting, type JavaNeed } from './fitting.js'
import type { JdkArchive } from './install.js'
import { jdkSource, type JdkSourceContext } from './source.js'

export interface JdkInputs {
  distribution: Distribution
  javaVersion: VersionRequest
  /** Archive for the distribution `file`, relative to the workspace. */
  jdkFile: string | undefined
  jdkSha256: string | undefined
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
 * Selects the release that the inputs request, and returns its verified archive. Throws a Failure, before a download, if the
 * application needs a JDK of another version.
 */
export async function resolveJdk(
  { clock, log, work }: Context,
  inputs: JdkInputs,
  environment: JdkEnvironment,
  architecture: Architecture,
  need: JavaNeed | undefined
): Promise<JdkArchive> {
  const { distribution, javaVersion, jdkFile = '', jdkSha256, githubApiUrl, githubToken } = inputs
  const warning = (line: string): void => log.warning(line)
  const info = (line: string): void => log.info(line)
  const source = jdkSource({ ...environment, clock, githubApiUrl, githubToken, info, warning })
  if (distribution === 'file') {
    const file = path.resolve(environment.workspace, jdkFile)
    const archive = await jdkFromFile(file, architecture, jdkSha256, warning)
    await requireFitting(need, archive.asset, source.list)
    return archive
  }
  const asset = await source.resolve(distribution, javaVersion, architecture)
  await requireFitting(need, asset, source.list)
  return await source.install(asset, { jdkSha256, temporaryFolder: work, progress: logProgress(log, clock) })
}
