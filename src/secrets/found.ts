import { FAMILIES } from './families.js'
import type { Finding } from './findings.js'

/** A secret that is in the image, without its value. */
export interface FoundSecret {
  /** Its name, or the kind of token that it is. */
  name: string
  /** Whether it was known before, or is only known by its form. */
  known: boolean
  occurrences: Occurrence[]
}

export interface Occurrence {
  /** Path in the container, or what else it is in, such as `label team`. */
  file: string
  /** Part of the JVM's memory, where it is known. */
  mapping: string | undefined
  encoding: string
  count: number
}

/** What a run looked at, and what it found. */
export interface SecretReport {
  mode: 'fail' | 'warn' | 'off'
  /** Bytes that were looked at. */
  bytes: number
  /** Values that were looked for, by their names. */
  searched: string[]
  /** Those that are too weak to be looked for. */
  notSearched: string[]
  found: FoundSecret[]
  /** Why the scan proves nothing, where it does not. */
  untrusted: string | undefined
}

/** Findings by secret, as a reader wants them: known values first, then in the order of the findings. */
export function foundSecrets(findings: readonly Finding[]): FoundSecret[] {
  const found = new Map<string, FoundSecret>()
  for (const finding of findings) {
    const known = 'secret' in finding
    const key = known ? finding.secret : `${finding.family} ${finding.digest}`
    const one = found.get(key) ?? {
      name: known ? finding.secret : kindOf(finding.family),
      known,
      occurrences: []
    }
    const { file = '', mapping } = finding.place ?? {}
    const { encoding, count } = finding
    // A file may be in several layers.
    const same = one.occurrences.find(
      (other) => other.file === file && other.mapping === mapping && other.encoding === encoding
    )
    if (same) same.count += count
    else one.occurrences.push({ file, mapping, encoding, count })
    found.set(key, one)
  }
  return [...found.values()].sort((one, other) => Number(other.known) - Number(one.known))
}

function kindOf(family: string): string {
  return FAMILIES.find(({ id }) => id === family)?.what ?? family
}
