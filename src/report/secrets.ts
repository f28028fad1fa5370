import { Failure } from '../lib/errors.js'
import type { FoundSecret, SecretReport } from '../secrets/found.js'
import { folded, quote } from './markdown.js'

/** Lines that name places; more are counted. */
const MOST_LINES = 40

const FIX =
  'Take the snapshot with placeholders, and let the application read the real values at the restore: in afterRestore, or from ' +
  'the environment. A login that only this job has may say so: a value with `placeholder` in it is no secret. What is in a ' +
  'file, a label or a build argument: leave it out of there. `secret-scan: warn` lets the image pass as it is.'

/** What stops a run that found secrets. */
export function secretFailure({ found }: SecretReport): Failure {
  return new Failure('secret', `${said(found)} Nothing was pushed.`, {
    fix: FIX,
    evidence: placesOf(found).join('\n')
  })
}

/** What stops a run whose scan proves nothing. */
export function untrustedFailure(why: string): Failure {
  return new Failure('secret', `Whether secrets are in the snapshot cannot be told: ${why}.`, {
    fix: '`secret-scan: warn` lets the image pass without that proof.'
  })
}

/** What is said of it where the run goes on. */
export function secretWarning(report: SecretReport): string {
  return `${said(report.found)} Everyone who can pull the image can read them:\n${placesOf(report.found).join('\n')}`
}

/** The part of the job summary. */
export function secretsPart(report: SecretReport): string[] {
  const { mode, bytes, searched, notSearched, found, untrusted } = report
  if (mode === 'off') {
    return [
      '> Secrets were not looked for (`secret-scan: off`). The image holds the memory of the running application, and with ' +
        'it every secret that the application had read.',
      ''
    ]
  }
  const weak = notSearched.length > 0 ? ` Too weak to be looked for: ${notSearched.join(', ')}.` : ''
  if (untrusted !== undefined)
    return [`> [!WARNING]`, `> Whether secrets are in the image cannot be told: ${untrusted}.`, '']
  if (found.length === 0) {
    return [
      `**Secrets:** none found in the ${(bytes / 1e6).toFixed(0)} MB of snapshot and image, looking for known values (${searched.length}) and new tokens.${weak}`,
      ''
    ]
  }
  return [
    `**Secrets:** ${said(found)} Everyone who can pull the image can read them.${weak}`,
    '',
    ...folded('Where the secrets are', quote(placesOf(found).join('\n')))
  ]
}

function said(found: readonly FoundSecret[]): string {
  const names = [...new Set(found.map(({ name }) => name))]
  const shown = names.slice(0, 10).join(', ')
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  return found.length === 1
    ? `A secret is in the image: ${shown}.`
    : `${found.length} secrets are in the image: ${shown}${more}.`
}

/** `DB_PASSWORD: /opt/.../pages-1.img (heap): 3 x utf-8, 1 x base64`, one place a line. */
function placesOf(found: readonly FoundSecret[]): string[] {
  const lines = found.flatMap(({ name, occurrences }) => {
    const places = new Map<string, string[]>()
    for (const { file, mapping, encoding, count } of occurrences) {
      const place = mapping === undefined ? file : `${file} (${mapping})`
      places.set(place, [...(places.get(place) ?? []), `${count} x ${encoding}`])
    }
    return [...places].map(([place, counts]) => printable(`${name}: ${place}: ${counts.join(', ')}`))
  })
  const more = lines.length - MOST_LINES
  return more > 0 ? [...lines.slice(0, MOST_LINES), `... and ${more} more places`] : lines
}

// Names of files come from the container.
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
