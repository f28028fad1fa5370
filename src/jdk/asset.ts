import { Failure } from '../lib/errors.js'
import { badInput } from '../lib/values.js'

export const DISTRIBUTIONS = ['crac', 'zulu', 'liberica', 'file'] as const
export type Distribution = (typeof DISTRIBUTIONS)[number]
/** Distributions with a list of releases. */
export type Vendor = Exclude<Distribution, 'file'>

export type Architecture = 'x64' | 'aarch64'

export interface JdkAsset {
  distribution: Distribution
  version: string
  /** Other notations of the same release that a user may give. */
  aliases: string[]
  major: number
  /** Numbers to compare in turn: the higher is the newer. */
  order: number[]
  architecture: Architecture
  name: string
  url: string
  /** Size in bytes; undefined where the source has none. */
  size: number | undefined
  /** Digest in lower-case hexadecimal; undefined where the source has none. */
  sha256: string | undefined
  /** Digest in lower-case hexadecimal; only Liberica has one. */
  sha1: string | undefined
  /** Time of its publication in ISO 8601, where the source has one. */
  published?: string | undefined
}

/** Returns whether an asset of a vendor's list is valid: paths and addresses are built from it. */
export function isValidAsset({ version, aliases, order, url, size }: JdkAsset): boolean {
  const isVersion = (text: unknown): boolean => typeof text === 'string' && /^\w[\w.+-]{0,63}$/.test(text)
  return (
    [version, ...aliases].every(isVersion) &&
    order.every((place) => Number.isSafeInteger(place) && place >= 0) &&
    URL.canParse(url) &&
    /^https?:$/.test(new URL(url).protocol) &&
    (size === undefined || Number.isSafeInteger(size))
  )
}

/** The requested version: the newest, the newest of a major, or one release. */
export type VersionRequest =
  { kind: 'latest' } | { kind: 'major'; major: number } | { kind: 'exact'; version: string }

export function parseVersionRequest(text: string): VersionRequest {
  if (text === 'latest') return { kind: 'latest' }
  if (/^\d{1,3}$/.test(text)) return { kind: 'major', major: Number(text) }
  if (/^\d[\w.+-]{0,63}$/.test(text)) return { kind: 'exact', version: text }
  throw badInput(
    'java-version',
    text,
    '`latest`, a major such as 21, or an exact release such as 17-crac+5 or 21.0.12'
  )
}

export function formatRequest(request: VersionRequest): string {
  return request.kind === 'exact'
    ? request.version
    : request.kind === 'major'
      ? String(request.major)
      : 'latest'
}

/** Returns the newest asset that satisfies the request. Without one it throws a Failure that lists the versions. */
export function chooseAsset(
  available: readonly JdkAsset[],
  request: VersionRequest,
  distribution: string,
  architecture: Architecture
): JdkAsset {
  const fitting = available
    .filter((asset) => asset.architecture === architecture)
    .sort((a, b) => newerFirst(a, b))
  const chosen = fitting.find((asset) => satisfies(asset, request))
  if (chosen) return chosen
  const versions = [...new Set(fitting.map((asset) => asset.version))].slice(0, 50).join(', ')
  throw new Failure(
    'jdk',
    `No CRaC JDK ${formatRequest(request)} of the distribution ${distribution} exists for Linux on ${architecture}.`,
    {
      fix: versions
        ? `Set \`java-version\` to one of: ${versions}.`
        : `${distribution} has no build for ${architecture}; use another \`distribution\`, or a runner of another architecture.`
    }
  )
}

export function newerFirst(a: JdkAsset, b: JdkAsset): number {
  for (let index = 0; index < Math.max(a.order.length, b.order.length); index++) {
    const difference = (b.order[index] ?? 0) - (a.order[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function satisfies(asset: JdkAsset, request: VersionRequest): boolean {
  switch (request.kind) {
    case 'latest':
      return true
    case 'major':
      return asset.major === request.major
    case 'exact':
      return asset.version === request.version || asset.aliases.includes(request.version)
  }
}
