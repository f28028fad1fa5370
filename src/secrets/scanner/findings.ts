/** A secret or a token in a scanned stream, without its value. */
export type ScanFinding = SecretFinding | TokenFinding

export interface FileLocation {
  /** Path in the container, or the name of another scanned text, such as `label team`. */
  file: string
  /** Part of the JVM's memory, such as `heap`; undefined outside of it, and where it is not known. */
  mapping: string | undefined
  /** Layer of the image, by its name in the archive; undefined for what is not in a layer. */
  layer?: string | undefined
}

interface Occurrences {
  encoding: string
  /** Location in the scanned files; undefined where the stream is not made of files. */
  location?: FileLocation | undefined
  count: number
  /** Lowest offsets in the stream, in bytes. */
  offsets: number[]
}

export interface SecretFinding extends Occurrences {
  secret: string
}

export interface TokenFinding extends Occurrences {
  family: string
  /** Identifies the token; see SecretMatcher.digest. */
  digest: string
}

/** Maximum number of offsets of a finding. */
const MOST_OFFSETS = 5
/** Maximum number of findings of a scan: a file can be full of different tokens. Secrets are listed beyond it. */
const MOST_FINDINGS = 4000

/**
 * Number of characters that may be tested for tokens in any stream, and further ones for each byte of it: memory that is full of
 * beginnings of long tokens would take hours. Libraries need 0.02 for each byte.
 */
const TESTED = 20_000_000
const TESTED_EACH = 1
/** Number of bytes that may be read around parts of known values, and further ones for each byte: that is faster. */
const CONFIRMED = 200_000_000
const CONFIRMED_EACH = 4

export interface Tally {
  /** Adds bytes of the stream to those that allow to test for tokens. */
  allow(bytes: number): void
  /** Returns whether so many more characters may be tested; if not, counts them as an occurrence that is not listed. */
  mayTest(characters: number): boolean
  /** Returns whether so many more bytes around a part of a known value may be read; if not, counts it as not read. */
  mayConfirm(bytes: number): boolean
  add(what: { secret: string } | { family: string; digest: string }, encoding: string, offset: number): void
  findings(): ScanFinding[]
  /** Number of occurrences of tokens beyond the maximum number of findings, and of what was not tested. */
  unlisted(): number
  /** Number of parts of known values around which nothing was read. */
  unconfirmed(): number
}

export function createTally(locationOf?: (offset: number) => FileLocation, tested = TESTED): Tally {
  const findings = new Map<string, ScanFinding>()
  let unlisted = 0
  let unconfirmed = 0
  let toTest = tested
  let toConfirm = CONFIRMED
  return {
    allow(bytes) {
      toTest += bytes * TESTED_EACH
      toConfirm += bytes * CONFIRMED_EACH
    },
    mayTest(characters) {
      const may = characters <= toTest
      if (may) toTest -= characters
      else unlisted++
      return may
    },
    mayConfirm(bytes) {
      const may = bytes <= toConfirm
      if (may) toConfirm -= bytes
      else unconfirmed++
      return may
    },
    add(what, encoding, offset) {
      let location = locationOf?.(offset)
      let key = JSON.stringify([what, encoding, location])
      if ('secret' in what && findings.size >= MOST_FINDINGS && !findings.has(key)) {
        // The number of secrets and encodings is limited, so the findings stay limited too.
        location = location && { file: 'further files', mapping: undefined, layer: location.layer }
        key = JSON.stringify([what, encoding, location])
      }
      const finding = findings.get(key)
      if (finding !== undefined) {
        finding.count++
        finding.offsets = lowest([...finding.offsets, offset])
      } else if ('secret' in what || findings.size < MOST_FINDINGS) {
        findings.set(key, { ...what, encoding, location, count: 1, offsets: [offset] })
      } else {
        unlisted++
      }
    },
    findings: () => [...findings.values()],
    unlisted: () => unlisted,
    unconfirmed: () => unconfirmed
  }
}

function lowest(offsets: number[]): number[] {
  return offsets.sort((one, other) => one - other).slice(0, MOST_OFFSETS)
}

/** Returns the findings without the tokens that are in the baseline too, such as in the image below the snapshot. Secrets stay. */
export function newFindings(
  findings: readonly ScanFinding[],
  baseline: readonly ScanFinding[]
): ScanFinding[] {
  const known = new Set(baseline.flatMap((finding) => ('family' in finding ? [tokenOf(finding)] : [])))
  return findings.filter((finding) => !('family' in finding && known.has(tokenOf(finding))))
}

function tokenOf({ family, digest }: TokenFinding): string {
  return `${family} ${digest}`
}
