import type { Fetch } from '../http/fetch.js'
import { jsonText } from './response.js'
import type { Architecture, JdkAsset } from './asset.js'
import { releaseByTag, type GitHub } from './github.js'

/** A record in the response of https://api.bell-sw.com/v1/liberica/releases. */
export interface LibericaRelease {
  version: string
  featureVersion: number
  interimVersion: number
  updateVersion: number
  patchVersion: number
  buildVersion: number
  filename: string
  downloadUrl: string
  size: number
  sha1: string
  bundleType: string
  packageType: string
  os: string
  GA: boolean
}

// Names with amd64 are glibc builds; those of musl have `x64-musl`.
const NAME = /^bellsoft-jdk[\d.+]+-linux-(amd64|aarch64)-crac\.tar\.gz$/

/** Lists BellSoft's builds with CRaC. The API has sha1 only; see `libericaSha256`. */
export async function listLiberica(
  fetch: Fetch,
  apiUrl: URL,
  architecture: Architecture
): Promise<JdkAsset[]> {
  const url = new URL(apiUrl)
  url.search = new URLSearchParams({
    'bundle-type': 'jdk-crac',
    os: 'linux',
    arch: architecture === 'x64' ? 'x86' : 'arm',
    bitness: '64',
    'package-type': 'tar.gz',
    'release-type': 'all'
  }).toString()
  const response = await fetch(url.href, { headers: { accept: 'application/json' } })
  return libericaAssets(JSON.parse(await jsonText(response, url, 'none')) as LibericaRelease[])
}

export function libericaAssets(releases: readonly LibericaRelease[]): JdkAsset[] {
  return releases.flatMap((release) => {
    const match = NAME.exec(release.filename)
    if (
      !match ||
      release.bundleType !== 'jdk-crac' ||
      release.packageType !== 'tar.gz' ||
      release.os !== 'linux'
    )
      return []
    return [
      {
        distribution: 'liberica',
        version: release.version,
        aliases: [release.version.replace(/\+\d+$/, '')],
        major: release.featureVersion,
        order: [
          release.featureVersion,
          release.interimVersion,
          release.updateVersion,
          release.patchVersion,
          release.buildVersion
        ],
        architecture: match[1] === 'amd64' ? ('x64' as const) : ('aarch64' as const),
        name: release.filename,
        url: release.downloadUrl,
        size: release.size,
        sha256: undefined,
        sha1: /^[0-9a-f]{40}$/i.test(release.sha1) ? release.sha1.toLowerCase() : undefined
      }
    ]
  })
}

/** Returns the sha256 of the same file among the releases on GitHub; undefined where it is not available. */
export async function libericaSha256(github: GitHub, asset: JdkAsset): Promise<string | undefined> {
  const repository = { owner: 'bell-sw', repo: 'Liberica' }
  const release = await releaseByTag(github, repository, asset.version).catch(() => undefined)
  const digest = release?.assets.find((candidate) => candidate.name === asset.name)?.digest
  return /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1]
}
