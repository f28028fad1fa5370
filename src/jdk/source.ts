import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { conditionalFetch } from '../http/conditional.js'
import { createFetch, type Fetch } from '../http/fetch.js'
import type { HttpContext } from '../http/retry.js'
import {
  chooseAsset,
  isValidAsset,
  type Architecture,
  type JdkAsset,
  type Vendor,
  type VersionRequest
} from './asset.js'
import { listCrac, newestRelease } from './crac.js'
import { sendableToken, type GitHub } from './github.js'
import type { Content } from './content.js'
import { cachedFolder, installJdk, type InstallOptions, type JdkArchive } from './install.js'
import { libericaSha256, listLiberica } from './liberica.js'
import { knownSha256, type ExpectedDigest } from './verify.js'
import { listZulu } from './zulu.js'

export interface JdkSourceContext extends HttpContext {
  githubApiUrl: URL
  githubToken: string | undefined
  azulApiUrl: URL
  bellsoftApiUrl: URL
  /** RUNNER_TOOL_CACHE, which has the cached responses, too. */
  toolCache: string
  knownDigests: string
  warning: (line: string) => void
}

export interface JdkSource {
  list: (vendor: Vendor, architecture: Architecture) => Promise<JdkAsset[]>
  resolve(vendor: Vendor, request: VersionRequest, architecture: Architecture): Promise<JdkAsset>
  /** Returns whether the archive is in the tool cache. */
  isCached: (asset: JdkAsset, content: Content) => boolean
  /** Returns the digest that the archive has to have, in lower-case hexadecimal; undefined where no source has one. */
  expectedSha256: (asset: JdkAsset, jdkSha256: string | undefined) => Promise<string | undefined>
  install(
    asset: JdkAsset,
    options: Pick<InstallOptions, 'content' | 'jdkSha256' | 'temporaryFolder' | 'progress'>
  ): Promise<JdkArchive>
}

export function jdkSource(context: JdkSourceContext): JdkSource {
  const cachedFetch: Fetch = conditionalFetch(
    createFetch(context, 'whole'),
    path.join(context.toolCache, 'crac-jdk-lookups'),
    context.warning
  )
  const token = sendableToken(context, context.warning)
  const github: GitHub = { apiUrl: context.githubApiUrl, token, fetch: cachedFetch }

  async function list(vendor: Vendor, architecture: Architecture): Promise<JdkAsset[]> {
    try {
      const assets = await read(vendor, architecture)
      if (assets.every(isValidAsset)) return assets
    } catch (error) {
      if (error instanceof Failure) throw error
      context.cancelled?.throwIfAborted()
    }
    throw new Failure(
      'runner',
      `The list of JDKs of the distribution ${vendor} does not have the expected format.`,
      {
        fix: 'Something between the runner and the vendor responds in its place, or the vendor has changed its API: use a newer version of this action, or another `distribution`.'
      }
    )
  }

  async function read(vendor: Vendor, architecture: Architecture): Promise<JdkAsset[]> {
    switch (vendor) {
      case 'crac':
        return await listCrac(github)
      case 'zulu':
        return await listZulu(cachedFetch, context.azulApiUrl, architecture)
      case 'liberica':
        return await listLiberica(cachedFetch, context.bellsoftApiUrl, architecture)
    }
  }

  async function furtherSha256(asset: JdkAsset): Promise<ExpectedDigest | undefined> {
    const fromGitHub = asset.distribution === 'liberica' ? await libericaSha256(github, asset) : undefined
    if (fromGitHub !== undefined) return { sha256: fromGitHub, source: 'GitHub' }
    const known = await knownSha256(context.knownDigests, asset.name)
    return known === undefined ? undefined : { sha256: known, source: 'data/jdk-digests.tsv' }
  }

  return {
    list,
    resolve: async (vendor, request, architecture) => {
      const assets = await list(vendor, architecture)
      const newest = vendor === 'crac' ? newestRelease(assets) : undefined
      if (newest !== undefined) context.info(newest)
      return chooseAsset(assets, request, vendor, architecture)
    },
    isCached: (asset, content) => cachedFolder(asset, content) !== '',
    expectedSha256: async (asset, jdkSha256) => {
      const { sha256 } = asset
      // Two that differ are a failure of the archive.
      if (sha256 !== undefined && jdkSha256 !== undefined && sha256 !== jdkSha256) return undefined
      return sha256 ?? jdkSha256 ?? (await furtherSha256(asset))?.sha256
    },
    install: async (asset, options) =>
      await installJdk(asset, {
        ...context,
        ...options,
        fetch: createFetch(context, 'stream'),
        // The token is for the GitHub API only, not for the servers of other vendors.
        token: new URL(asset.url).origin === context.githubApiUrl.origin ? token : undefined,
        furtherSha256
      })
  }
}
