import path from 'node:path'
import type { Context } from '../docker/context.js'
import { Failure } from '../lib/errors.js'
import { logProgress } from '../lib/log.js'
import type { Architecture, Distribution, JdkAsset, VersionRequest } from './asset.js'
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

/** A JDK that was selected, and may not be here yet. */
export interface SelectedJdk {
  asset: JdkAsset
  /**
   * Returns the digest that its archive has to have, in lower-case hexadecimal; undefined if the archive is on this machine, if no source has its
   * digest, or if two digests differ. It may ask GitHub.
   */
  expectedSha256: () => Promise<string | undefined>
  /** Returns its verified archive, without what an image does not need. */
  provide: () => Promise<JdkArchive>
}

/**
 * Selects the release that the inputs request. Throws a Failure if the application needs a JDK of another version. The need may be
 * found out meanwhile.
 */
export async function selectJdk(
  { clock, log, work }: Pick<Context, 'clock' | 'log' | 'work'>,
  inputs: JdkInputs,
  environment: JdkEnvironment,
  architecture: Architecture,
  need: Promise<JavaNeed | undefined>
): Promise<SelectedJdk> {
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
    return {
      asset: archive.asset,
      expectedSha256: () => Promise.resolve(undefined),
      provide: () => Promise.resolve(archive)
    }
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
  const content = 'thin'
  const isHere = source.isCached(asset, content)
  return {
    asset,
    expectedSha256: async () => (isHere ? undefined : await source.expectedSha256(asset, jdkSha256)),
    provide: async () => await source.install(asset, { ...given, content, progress: logProgress(log, clock) })
  }
}
