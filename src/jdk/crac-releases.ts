import {
  compareVersions,
  noMatch,
  parseTag,
  satisfies,
  type CracVersion,
  type VersionRequest
} from './version.js'

/** Architectures that CRaC JDKs exist for, in the words of their file names. */
export type Architecture = 'x64' | 'aarch64'

/** What the GitHub API says of a release, as far as it matters here. */
export interface Release {
  tag_name: string
  draft: boolean
  assets: ReleaseAsset[]
}

export interface ReleaseAsset {
  /** Address of the asset in the API. */
  url: string
  name: string
  /** `uploaded`, or the state of an upload that did not end. */
  state: string
  /** In bytes. */
  size: number
  /** `sha256:` and 64 hexadecimal digits; GitHub has none for assets uploaded before June 2025. */
  digest?: string | null
}

/** The archive of a JDK, and all that is known of it before it is there. */
export interface JdkAsset {
  version: CracVersion
  architecture: Architecture
  /** File name of the archive. */
  name: string
  url: string
  /** In bytes. */
  size: number
  /** Lower-case hexadecimal; undefined where the source gives none. */
  sha256: string | undefined
}

// From 17-crac+3 on. Anchored, so that the `-docs` archive of the same release cannot match.
const NAME = /^openjdk-(\d+-crac\+\d+)_linux-(x64|aarch64)\.tar\.gz$/
// Up to 17-crac+2; those builds were for x64 only.
const OLD_NAME = /^jdk(\d+-crac\+\d+)\.tar\.gz$/

/** The newest release that the request allows and that has an archive for the architecture. */
export function chooseAsset(
  releases: readonly Release[],
  request: VersionRequest,
  architecture: Architecture
): JdkAsset {
  const available = releases
    .filter((release) => !release.draft)
    .flatMap((release) => release.assets.map((asset) => toJdkAsset(release, asset)))
    .filter((asset) => asset?.architecture === architecture)
    .filter((asset) => asset !== undefined)
    .sort((a, b) => compareVersions(b.version, a.version))
  const chosen = available.find((asset) => satisfies(asset.version, request))
  if (!chosen)
    throw noMatch(
      request,
      architecture,
      available.map((asset) => asset.version)
    )
  return chosen
}

function toJdkAsset(release: Release, asset: ReleaseAsset): JdkAsset | undefined {
  const version = parseTag(release.tag_name)
  const match = NAME.exec(asset.name) ?? OLD_NAME.exec(asset.name)
  if (!version || match?.[1] !== release.tag_name || asset.state !== 'uploaded') return undefined
  return {
    version,
    architecture: (match[2] ?? 'x64') as Architecture,
    name: asset.name,
    url: asset.url,
    size: asset.size,
    sha256: /^sha256:([0-9a-f]{64})$/.exec(asset.digest ?? '')?.[1]
  }
}
