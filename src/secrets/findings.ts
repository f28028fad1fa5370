/** What a scan found, without any value. */
export type Finding = SecretFinding | FamilyFinding

/** Where something was found. */
export interface Place {
  /** Path in the container, or what else was looked into, such as `label team`. */
  file: string
  /** Part of the JVM's memory, such as `heap`; undefined outside of it, and where it is not known. */
  mapping: string | undefined
  /** Of an image, by its name in the archive; undefined for what is in none. */
  layer?: string | undefined
}

interface Occurrences {
  encoding: string
  /** undefined where the stream is not made of files. */
  place?: Place | undefined
  count: number
  /** Where in the stream, in bytes: the lowest few of them. */
  offsets: number[]
}

/** Occurrences of a secret in one encoding and place. */
export interface SecretFinding extends Occurrences {
  secret: string
}

/** Occurrences of one token of a family. */
export interface FamilyFinding extends Occurrences {
  /** Id of the family. */
  family: string
  /** Tells tokens apart; see Matcher.digest. */
  digest: string
}

/** Offsets that a finding keeps. */
const MOST_OFFSETS = 5
/** Findings that one scan keeps: a file can be full of different tokens. Secrets are told beyond it. */
const MOST_FINDINGS = 4000

export interface Tally {
  add(
    what: { secret: string } | { family: string; digest: string },
    encoding: string,
    offset: number,
    place?: Place
  ): void
  findings(): Finding[]
  /** Occurrences of tokens that are in no finding, since there were too many findings. */
  unlisted(): number
}

export function createTally(): Tally {
  const findings = new Map<string, Finding>()
  let unlisted = 0
  return {
    add(what, encoding, offset, place) {
      let key = JSON.stringify([what, encoding, place])
      if ('secret' in what && findings.size >= MOST_FINDINGS && !findings.has(key)) {
        // A known secret is told whatever else there is: there are only so many of them and of their encodings.
        place = place && { file: 'further files', mapping: undefined, layer: place.layer }
        key = JSON.stringify([what, encoding, place])
      }
      const finding = findings.get(key)
      if (finding !== undefined) {
        finding.count++
        finding.offsets = lowest([...finding.offsets, offset])
      } else if ('secret' in what || findings.size < MOST_FINDINGS) {
        findings.set(key, { ...what, encoding, place, count: 1, offsets: [offset] })
      } else {
        unlisted++
      }
    },
    findings: () => [...findings.values()],
    unlisted: () => unlisted
  }
}

function lowest(offsets: number[]): number[] {
  return offsets.sort((one, other) => one - other).slice(0, MOST_OFFSETS)
}

/**
 * The findings that are not in a baseline, such as a scan of the application's jars and of the base image with
 * the same matcher: tokens that were there before are no news. A secret that was there before stays.
 */
export function newFindings(findings: readonly Finding[], baseline: readonly Finding[]): Finding[] {
  const known = new Set(baseline.flatMap((finding) => ('family' in finding ? [tokenOf(finding)] : [])))
  return findings.filter((finding) => !('family' in finding && known.has(tokenOf(finding))))
}

function tokenOf({ family, digest }: FamilyFinding): string {
  return `${family} ${digest}`
}
