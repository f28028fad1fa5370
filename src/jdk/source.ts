import path from 'node:path'
import type { Clock } from '../lib/clock.js'
import { Failure } from '../lib/errors.js'
import { conditionalFetch } from '../http/conditional.js'
import { resilientFetch, type Fetch, type NetworkWorld, type Patience } from '../http/fetch.js'
import {
  chooseAsset,
  isSound,
  type Architecture,
  type JdkAsset,
  type Vendor,
  type VersionRequest
} from './asset.js'
import { listCrac } from './crac.js'
import type { GitHub } from './github.js'
import { installJdk, type InstallOptions, type JdkArchive } from './install.js'
import { knownSha256 } from './known-digests.js'
import { libericaSha256, listLiberica } from './liberica.js'
import type { Demand } from './verify.js'
import { listZulu } from './zulu.js'

export interface SourceWorld {
  clock: Clock
  githubApiUrl: URL
  githubToken: string | undefined
  azulApiUrl: URL
  bellsoftApiUrl: URL
  /** RUNNER_TOOL_CACHE: answers are kept in there, too. */
  toolCache: string
  /** data/jdk-digests.tsv. */
  knownDigests: string
  info: (line: string) => void
  warning: (line: string) => void
  /** Ends what is under way. */
  cancelled: AbortSignal
}

/** Where JDKs come from: their lists, and their archives. */
export interface JdkSource {
  list(vendor: Vendor, architecture: Architecture): Promise<JdkAsset[]>
  resolve(vendor: Vendor, request: VersionRequest, architecture: Architecture): Promise<JdkAsset>
  install(
    asset: JdkAsset,
    options: Pick<InstallOptions, 'jdkSha256' | 'temporaryFolder' | 'progress'>
  ): Promise<JdkArchive>
}

export function jdkSource(world: SourceWorld, patience: Patience): JdkSource {
  const network: NetworkWorld = { ...world, patience }
  const lookUp: Fetch = conditionalFetch(
    resilientFetch(network, 'whole'),
    path.join(world.toolCache, 'crac-jdk-lookups'),
    world.warning
  )
  const github: GitHub = { apiUrl: world.githubApiUrl, token: world.githubToken, fetch: lookUp }

  async function list(vendor: Vendor, architecture: Architecture): Promise<JdkAsset[]> {
    try {
      const assets = await read(vendor, architecture)
      if (assets.every(isSound)) return assets
    } catch (error) {
      if (error instanceof Failure) throw error
    }
    throw new Failure(
      'runner',
      `The list of JDKs of the distribution ${vendor} is not of the shape that it should have.`,
      {
        fix: 'Something between the runner and the vendor answers in its place, or the vendor has changed its API: look for a newer version of this action, or use another `distribution`.'
      }
    )
  }

  async function read(vendor: Vendor, architecture: Architecture): Promise<JdkAsset[]> {
    switch (vendor) {
      case 'crac':
        return await listCrac(github)
      case 'zulu':
        return await listZulu(lookUp, world.azulApiUrl, architecture)
      case 'liberica':
        return await listLiberica(lookUp, world.bellsoftApiUrl, architecture)
    }
  }

  async function furtherSha256(asset: JdkAsset): Promise<Demand | undefined> {
    const fromGitHub = asset.distribution === 'liberica' ? await libericaSha256(github, asset) : undefined
    if (fromGitHub !== undefined) return { sha256: fromGitHub, by: 'GitHub' }
    const known = await knownSha256(world.knownDigests, asset.name)
    return known === undefined ? undefined : { sha256: known, by: 'data/jdk-digests.tsv' }
  }

  return {
    list,
    resolve: async (vendor, request, architecture) =>
      chooseAsset(await list(vendor, architecture), request, vendor, architecture),
    install: async (asset, options) =>
      await installJdk(asset, {
        ...options,
        fetch: resilientFetch(network, 'stream'),
        // The token is for the server that the look-up asked, and for no other vendor's.
        token: new URL(asset.url).origin === world.githubApiUrl.origin ? world.githubToken : undefined,
        toolCache: world.toolCache,
        stallTimeout: patience.tryTimeout,
        furtherSha256,
        info: world.info,
        warning: world.warning
      })
  }
}
