import { Failure } from '../lib/errors.js'
import { badInput } from '../lib/values.js'

/** Where a JDK can come from. */
export const DISTRIBUTIONS = ['crac', 'zulu', 'liberica', 'file'] as const
export type Distribution = (typeof DISTRIBUTIONS)[number]
/** Those that are looked up. */
export type Vendor = Exclude<Distribution, 'file'>

/** Architectures that CRaC JDKs exist for. */
export type Architecture = 'x64' | 'aarch64'

/** The archive of a JDK, and all that is known of it before it is there. */
export interface JdkAsset {
  distribution: Distribution
  /** In the vendor's own notation. */
  version: string
  /** Other notations of the same release that a user may ask for. */
  aliases: string[]
  major: number
  /** Compared number by number: the higher is the newer. */
  order: number[]
  architecture: Architecture
  /** File name of the archive. */
  name: string
  url: string
  /** In bytes; undefined where the source gives none. */
  size: number | undefined
  /** Lower-case hexadecimal; undefined where the source gives none. */
  sha256: string | undefined
  /** The same; only Liberica has one. */
  sha1: string | undefined
}

/** Whether what a vendor's list says can be relied on: paths and addresses are made of it. */
export function isSound({ version, aliases, order, url, size }: JdkAsset): boolean {
  const isVersion = (text: unknown): boolean => typeof text === 'string' && /^\w[\w.+-]{0,63}$/.test(text)
  return (
    [version, ...aliases].every(isVersion) &&
    order.every((place) => Number.isSafeInteger(place) && place >= 0) &&
    URL.canParse(url) &&
    /^https?:$/.test(new URL(url).protocol) &&
    (size === undefined || Number.isSafeInteger(size))
  )
}

/** What the user asked for: the newest, the newest of a major, or one release. */
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

/** The newest of what is there that the request allows. Nothing: a Failure that lists what exists. */
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
    `No CRaC JDK ${formatRequest(request)} of the distribution ${distribution} for Linux on ${architecture} was found.`,
    {
      fix: versions
        ? `Set \`java-version\` to one of: ${versions}.`
        : `${distribution} has no build for ${architecture}; choose another \`distribution\`, or a runner of another architecture.`
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
