import { newerFirst, type Architecture, type JdkAsset } from './asset.js'
import { listReleases, type GitHub, type Release, type ReleaseAsset } from './github.js'

/** Lists the releases of https://github.com/CRaC/openjdk-builds. */
export async function listCrac(github: GitHub): Promise<JdkAsset[]> {
  return cracAssets(await listReleases(github, { owner: 'CRaC', repo: 'openjdk-builds' }))
}

const TAG = /^(\d{1,3})-crac\+(\d{1,5})$/
// Name from 17-crac+3 on. Anchored, so that the `-docs` archive of the same release does not match.
const NAME = /^openjdk-(\d+-crac\+\d+)_linux-(x64|aarch64)\.tar\.gz$/
// Name up to 17-crac+2; those builds were for x64 only.
const OLD_NAME = /^jdk(\d+-crac\+\d+)\.tar\.gz$/

export function cracAssets(releases: readonly Release[]): JdkAsset[] {
  return releases
    .filter((release) => !release.draft)
    .flatMap((release) => release.assets.flatMap((asset) => toJdkAsset(release, asset)))
}

/** Returns what the newest release is, and when it was published: the distribution has had no release for a long time. */
export function newestRelease(assets: readonly JdkAsset[]): string | undefined {
  const [newest] = [...assets].sort((a, b) => newerFirst(a, b))
  if (newest === undefined) return undefined
  const date = /^\d{4}-\d{2}-\d{2}/.exec(newest.published ?? '')?.[0]
  return `The newest release of the distribution crac is ${newest.version}${date === undefined ? '' : `, published on ${date}`}.`
}

function toJdkAsset({ tag_name: tag, published_at }: Release, asset: ReleaseAsset): JdkAsset[] {
  const [, major, build] = TAG.exec(tag) ?? []
  const match = NAME.exec(asset.name) ?? OLD_NAME.exec(asset.name)
  // An incomplete upload has another state.
  if (major === undefined || match?.[1] !== tag || asset.state !== 'uploaded') return []
  return [
    {
      distribution: 'crac',
      version: tag,
      aliases: [],
      major: Number(major),
      // Not by date: the builds of each major count from 1.
      order: [Number(major), Number(build)],
      architecture: (match[2] ?? 'x64') as Architecture,
      name: asset.name,
      url: asset.url,
      size: asset.size,
      sha256: /^sha256:([0-9a-f]{64})$/.exec(asset.digest ?? '')?.[1],
      sha1: undefined,
      published: published_at ?? undefined
    }
  ]
}
