import { describe, expect, test } from '@jest/globals'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { FAMILIES } from '../../src/secrets/scanner/families.js'
import type { TokenFinding } from '../../src/secrets/scanner/findings.js'
import { createMatcher, scan } from '../../src/secrets/scanner/scan.js'
import { seeded } from '../support/seeded.js'

const random = seeded(5)
const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const matcher = createMatcher({ secrets: [], canary: createCanary(), key: Buffer.from('key') })

async function familiesIn(bytes: Buffer, step?: number): Promise<TokenFinding[]> {
  const { findings } = await scan([bytes], matcher, step)
  return findings.filter((finding) => 'family' in finding)
}

function json64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

const JWT = `${json64({ typ: 'JWT', alg: 'RS256', kid: 'k1' })}.${json64({ sub: 'svc', exp: 1 })}.${random.text(342, `${ALNUM}-_`)}`
const LINES = Array.from({ length: 5 }, () => random.text(64, `${ALNUM}+/`))

// Assembled at runtime: GitHub blocks the push of a file with a complete token.
const REAL: [string, string][] = [
  ...['p', 'o', 'u', 's', 'r'].map((kind): [string, string] => [
    'github-token',
    `gh${kind}_${random.text(36, ALNUM)}`
  ]),
  [
    'github-app-token',
    `ghs_123456_${random.text(40, ALNUM)}.${random.text(300, ALNUM)}.${random.text(86, ALNUM)}`
  ],
  ['github-fine-grained-token', `github_pat_${random.text(22, ALNUM)}_${random.text(59, ALNUM)}`],
  ['aws-access-key-id', `AKIA${random.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`],
  ['aws-access-key-id', `ASIA${random.text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`],
  ['google-api-key', `AIza${random.text(35, `${ALNUM}-_`)}`],
  ['slack-token', `xoxb-${random.text(12, '0123456789')}-${random.text(24, ALNUM)}`],
  ['npm-token', `npm_${random.text(36, ALNUM)}`],
  ['gitlab-token', `glpat-${random.text(20, `${ALNUM}-_`)}`],
  ['docker-token', `dckr_pat_${random.text(27, `${ALNUM}-_`)}`],
  ['vault-token', `hvs.${random.text(90, ALNUM)}`],
  ['stripe-key', `sk_live_${random.text(24, ALNUM)}`],
  ['stripe-key', `rk_live_${random.text(99, ALNUM)}`],
  ['private-key', `-----BEGIN PRIVATE KEY-----\n${LINES.join('\n')}\n-----END PRIVATE KEY-----`],
  ['private-key', `-----BEGIN RSA PRIVATE KEY-----\r\n${LINES.join('\r\n')}`],
  ['private-key', `-----BEGIN EC PRIVATE KEY-----\\n${LINES.join('\\n')}`],
  [
    'private-key',
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0F3B\n\n${LINES.join('\n')}`
  ],
  ['private-key', `-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI${random.text(43, ALNUM)}\n-----END`],
  [
    'private-key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz\n${LINES[0]}`
  ],
  ['jwt', JWT],
  ['jdbc-password', 'jdbc:postgresql://db:5432/shop?user=shop&password=n0t-in-the-image'],
  [
    'jdbc-password',
    'jdbc:sqlserver://db:1433;databaseName=shop;user=sa;Password=n0t,in:the=image;encrypt=true'
  ],
  ['jdbc-password', 'jdbc:oracle:thin:scott/t1ger_7@//db:1521/shop'],
  ['url-password', 'amqp://shop:n0tInTheImage@rabbit:5672/'],
  ['url-password', 'https://x-access-token:n0tInTheImage%40@git.example.org/a/b.git']
]

describe('a real token', () => {
  test.each(REAL)('%s is found in Latin-1 and UTF-16LE, at any offset', async (family, token) => {
    for (const encoding of ['latin1', 'utf16le'] as const) {
      for (let at = 0; at < 4; at++) {
        const bytes = Buffer.concat([
          Buffer.alloc(at, 1),
          Buffer.from(token, encoding),
          Buffer.from([0, 0, 0x80, 0])
        ])
        const found = await familiesIn(bytes, 1000)
        expect(found.map((finding) => [finding.family, finding.encoding, finding.count])).toContainEqual([
          family,
          encoding === 'latin1' ? 'latin-1' : 'utf-16',
          1
        ])
      }
    }
  })

  test('has the same digest in each location, and differs from that of other tokens', async () => {
    const [, token = ''] = REAL[0] ?? []
    const other = `ghp_${random.text(36, ALNUM)}`
    const found = await familiesIn(
      Buffer.concat([Buffer.from(`${token} ${other} `), Buffer.from(token, 'utf16le')])
    )
    expect(found.map(({ digest }) => digest)).toEqual([
      matcher.digest(token),
      matcher.digest(other),
      matcher.digest(token)
    ])
    expect(matcher.digest(token)).toMatch(/^[0-9a-f]{16}$/)
    expect(matcher.digest(token)).not.toBe(matcher.digest(other))
  })

  test('is found across the borders of the windows, up to the maximum length', async () => {
    const longest = `${json64({ alg: 'none', pad: 'x'.repeat(1400) })}.${json64({ pad: 'y'.repeat(5900) })}.${random.text(1400, ALNUM)}`
    for (const token of [longest, JWT]) {
      const bytes = Buffer.concat([random.bytes(2000), Buffer.from(token, 'utf16le'), Buffer.alloc(9)])
      for (const step of [500, 1999, 2000, 2001]) {
        expect(await familiesIn(bytes, step)).toEqual([
          { family: 'jwt', encoding: 'utf-16', digest: matcher.digest(token), count: 1, offsets: [2000] }
        ])
      }
    }
  })
})

test.each([
  'AKIAIOSFODNN7EXAMPLE',
  'AKIAAAAAAAAAAAAAAAAA',
  'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  '(?:gh[pousr]_[0-9A-Za-z]{36})',
  'npm_config_registry_of_the_whole_company_is_here',
  'AIzaSy...',
  'xoxb-your-token-goes-here-please',
  'hvs.someIdentifierWithoutAnyDigitInIt',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0',
  '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n',
  `-----BEGIN CERTIFICATE-----\n${LINES.join('\n')}\n-----END CERTIFICATE-----`,
  'eyJ and .eyJ are how a JWT begins',
  `eyJ${'a'.repeat(40)}.eyJ${'b'.repeat(40)}.${'c'.repeat(40)}`,
  'jdbc:postgresql://db:5432/shop?user=shop',
  'jdbc:postgresql://db/shop?user=shop&password=${DB_PASSWORD}',
  'jdbc:postgresql://db/shop?password=password',
  'jdbc:oracle:thin:@//db:1521/shop',
  'http://www.w3.org/2001/XMLSchema-instance',
  'http://localhost:8080/path@here',
  'scm:git:ssh://git@github.com:owner/repository.git',
  'https://user:password@host',
  'https://${user}:${password}@host',
  'redis://:@localhost',
  'https://user:*****@host'
])('%j is not a token', async (text) => {
  expect(await familiesIn(Buffer.from(text))).toEqual([])
  expect(await familiesIn(Buffer.from(text, 'utf16le'))).toEqual([])
})

test.each(REAL)('%s: no match exceeds the maximum length of its family', (id, token) => {
  const family = FAMILIES.find((one) => one.id === id)
  const start = family?.prefixes.map((prefix) => token.indexOf(prefix)).find((at) => at >= 0)
  const [match = ''] = family?.pattern.exec(token.slice(start) + 'Aa1'.repeat(5000)) ?? []
  expect(match).not.toBe('')
  expect(match.length).toBeLessThanOrEqual(family?.longest ?? 0)
})
