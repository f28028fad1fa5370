import { Failure } from '../lib/errors.js'
import type { Unopened } from './archives/opener.js'
import { FAMILIES } from './scanner/families.js'
import type { ScanFinding } from './scanner/findings.js'

/** A secret that is in the image, without its value. */
export interface FoundSecret {
  /** Name of the secret, or kind of the token. */
  name: string
  /** Whether the value was known before; otherwise only its form is known. */
  known: boolean
  occurrences: Occurrence[]
}

export interface Occurrence {
  /** Path in the container, or the name of another scanned text, such as `label team`. */
  file: string
  /** Part of the JVM's memory, where it is known. */
  mapping: string | undefined
  encoding: string
  count: number
}

export interface SecretReport {
  mode: 'fail' | 'warn' | 'off'
  bytes: number
  searched: string[]
  notSearched: string[]
  found: FoundSecret[]
  /** Archives in the image that were not opened, or not to their end. */
  unopened: Unopened
  /** Reason why the scan is incomplete, if it is. */
  untrusted: string | undefined
}

/** Groups findings by secret: known values first, then in the order of the findings. */
export function foundSecrets(findings: readonly ScanFinding[]): FoundSecret[] {
  const found = new Map<string, FoundSecret>()
  for (const finding of findings) {
    const known = 'secret' in finding
    const key = known ? finding.secret : `${finding.family} ${finding.digest}`
    const one = found.get(key) ?? {
      name: known ? finding.secret : nameOfFamily(finding.family),
      known,
      occurrences: []
    }
    const { file = '', mapping } = finding.location ?? {}
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

function nameOfFamily(family: string): string {
  return FAMILIES.find(({ id }) => id === family)?.what ?? family
}

/** Maximum number of lines with locations; more are counted. */
const MOST_LINES = 40

const FIX =
  'Take the snapshot with placeholders, and let the application read the real values after the restore: in afterRestore, or from ' +
  'the environment. A login that only this job uses can have `placeholder` in its value: it then does not count as a secret. ' +
  'Remove secrets from files, labels and build arguments. `secret-scan: warn` publishes the image as it is.'

export function secretFailure({ found }: SecretReport): Failure {
  return new Failure('secret', `${secretsFound(found)} Nothing was pushed.`, {
    fix: FIX,
    evidence: locationsOf(found).join('\n')
  })
}

/** Returns the failure of a run whose scan is incomplete. */
export function incompleteScanFailure(reason: string): Failure {
  return new Failure('secret', `The scan of the image for secrets is incomplete: ${reason}.`, {
    fix: 'Set `secret-scan: warn` to publish the image without a complete scan.'
  })
}

/** Returns a sentence with the names of the archives that were not opened; names of files are untrusted. */
export function unopenedArchives({ count, names }: Unopened): string {
  const more = count - names.length
  const archives = count === 1 ? '1 archive in the image was' : `${count} archives in the image were`
  const last = more > 0 ? `, and ${more} more` : ''
  return `${archives} not searched, or not to the end: ${names.map(printable).join(', ')}${last}.`
}

/** Returns the warning of a run that continues although it found secrets. */
export function secretWarning({ found }: SecretReport): string {
  return `${secretsFound(found)} Everyone who can pull the image can read them:\n${locationsOf(found).join('\n')}`
}

/** Returns a sentence with the names of the secrets. */
export function secretsFound(found: readonly FoundSecret[]): string {
  const names = [...new Set(found.map(({ name }) => name))]
  const shown = names.slice(0, 10).join(', ')
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  return found.length === 1
    ? `A secret is in the image: ${shown}.`
    : `${found.length} secrets are in the image: ${shown}${more}.`
}

/** Returns lines such as `DB_PASSWORD: /opt/.../pages-1.img (heap): 3 x utf-8, 1 x base64`. */
export function locationsOf(found: readonly FoundSecret[]): string[] {
  const lines = found.flatMap(({ name, occurrences }) => {
    const counts = new Map<string, string[]>()
    for (const { file, mapping, encoding, count } of occurrences) {
      const location = mapping === undefined ? file : `${file} (${mapping})`
      counts.set(location, [...(counts.get(location) ?? []), `${count} x ${encoding}`])
    }
    return [...counts].map(([location, parts]) => printable(`${name}: ${location}: ${parts.join(', ')}`))
  })
  const more = lines.length - MOST_LINES
  return more > 0 ? [...lines.slice(0, MOST_LINES), `... and ${more} more places`] : lines
}

// Names of files come from the container.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
