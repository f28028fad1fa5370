import { Failure } from '../errors.js'
import { badInput } from '../values.js'

/** A release of CRaC/openjdk-builds: `17-crac+5` is build 5 of major 17. */
export interface CracVersion {
  readonly major: number
  readonly build: number
}

/** What the user asked for: the newest, the newest of a major, or one release. */
export type VersionRequest =
  { kind: 'latest' } | { kind: 'major'; major: number } | { kind: 'exact'; version: CracVersion }

const TAG = /^(\d{1,3})-crac\+(\d{1,5})$/

export function parseVersionRequest(text: string): VersionRequest {
  if (text === 'latest') return { kind: 'latest' }
  if (/^\d{1,3}$/.test(text)) return { kind: 'major', major: Number(text) }
  const version = parseTag(text)
  if (version) return { kind: 'exact', version }
  throw badInput('java-version', text, '`latest`, a major such as 21, or an exact release such as 17-crac+5')
}

/** The version in a release's tag; undefined when the tag is of another form. */
export function parseTag(tag: string): CracVersion | undefined {
  const match = TAG.exec(tag)
  return match ? { major: Number(match[1]), build: Number(match[2]) } : undefined
}

export function formatVersion(version: CracVersion): string {
  return `${version.major}-crac+${version.build}`
}

/** Orders by major, then by build: dates say nothing, since the builds of each major are counted from 1. */
export function compareVersions(a: CracVersion, b: CracVersion): number {
  return a.major - b.major || a.build - b.build
}

export function satisfies(version: CracVersion, request: VersionRequest): boolean {
  switch (request.kind) {
    case 'latest':
      return true
    case 'major':
      return version.major === request.major
    case 'exact':
      return compareVersions(version, request.version) === 0
  }
}

export function formatRequest(request: VersionRequest): string {
  switch (request.kind) {
    case 'latest':
      return 'latest'
    case 'major':
      return String(request.major)
    case 'exact':
      return formatVersion(request.version)
  }
}

/** "Nothing matches", with everything that there is. */
export function noMatch(
  request: VersionRequest,
  architecture: string,
  available: readonly CracVersion[]
): Failure {
  const listed = [...available].sort(compareVersions).reverse().map(formatVersion).join(', ')
  return new Failure('jdk', `No CRaC JDK ${formatRequest(request)} for Linux on ${architecture} was found.`, {
    cure: listed
      ? `Set \`java-version\` to one of: ${listed}.`
      : `CRaC/openjdk-builds has no build for ${architecture}; use a runner of another architecture.`
  })
}
