import { locationsOf, secretsFound, unopenedArchives, type SecretReport } from '../secrets/report.js'
import { code, folded, quote } from './markdown.js'

export function secretsPart(report: SecretReport): string[] {
  const { mode, bytes, searched, notSearched, found, unopened, untrusted } = report
  if (mode === 'off') {
    return [
      '> The image was not scanned for secrets (`secret-scan: off`). It contains the memory of the running application, and with ' +
        'it every secret that the application had read.',
      ''
    ]
  }
  const weak =
    notSearched.length > 0 ? ` Too short or too common to search for: ${notSearched.join(', ')}.` : ''
  const incomplete =
    untrusted === undefined
      ? []
      : ['> [!WARNING]', `> The scan of the image for secrets is incomplete: ${code(untrusted)}.`, '']
  const archives =
    unopened.count > 0 ? folded('Archives not searched', quote(unopenedArchives(unopened))) : []
  if (found.length > 0) {
    return [
      ...incomplete,
      `**Secrets:** ${secretsFound(found)} Everyone who can pull the image can read them.${weak}`,
      '',
      ...folded('Where the secrets are', quote(locationsOf(found).join('\n'))),
      ...archives
    ]
  }
  const none = `**Secrets:** none found in the ${(bytes / 1e6).toFixed(0)} MB of snapshot and image, in a search for known values (${searched.length}) and new tokens.${weak}`
  return [...incomplete, ...(untrusted === undefined ? [none, ''] : []), ...archives]
}
