import { locationsOf, secretsFound, type SecretReport } from '../secrets/report.js'
import { folded, quote } from './markdown.js'

export function secretsPart(report: SecretReport): string[] {
  const { mode, bytes, searched, notSearched, found, untrusted } = report
  if (mode === 'off') {
    return [
      '> The image was not scanned for secrets (`secret-scan: off`). It contains the memory of the running application, and with ' +
        'it every secret that the application had read.',
      ''
    ]
  }
  const weak =
    notSearched.length > 0 ? ` Too short or too common to search for: ${notSearched.join(', ')}.` : ''
  if (untrusted !== undefined)
    return [`> [!WARNING]`, `> The scan of the snapshot for secrets is incomplete: ${untrusted}.`, '']
  if (found.length === 0) {
    return [
      `**Secrets:** none found in the ${(bytes / 1e6).toFixed(0)} MB of snapshot and image, in a search for known values (${searched.length}) and new tokens.${weak}`,
      ''
    ]
  }
  return [
    `**Secrets:** ${secretsFound(found)} Everyone who can pull the image can read them.${weak}`,
    '',
    ...folded('Where the secrets are', quote(locationsOf(found).join('\n')))
  ]
}
