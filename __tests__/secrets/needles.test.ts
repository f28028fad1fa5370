import { describe, expect, test } from '@jest/globals'
import { needlesOf } from '../../src/secrets/scanner/needles.js'
import { seeded } from '../support/seeded.js'

/** Returns the patterns of a value as Latin-1 text, by encoding. */
function patternsOf(value: string): Record<string, string[]> {
  const byEncoding: Record<string, string[]> = {}
  for (const { encoding, bytes, secret } of needlesOf([{ name: 'TOKEN', value }]).needles) {
    expect(secret).toBe('TOKEN')
    ;(byEncoding[encoding] ??= []).push(bytes.toString('latin1'))
  }
  return byEncoding
}

describe('the patterns of a value', () => {
  test('have no escaped forms if it is alphanumeric', () => {
    expect(Object.keys(patternsOf('Zu3kQ9wLx0'))).toEqual([
      'utf-8',
      'utf-16le',
      'utf-16be',
      'base64',
      'base64 in utf-16le',
      'hex',
      'hex in utf-16le',
      'hex upper case',
      'hex upper case in utf-16le',
      'base64 of utf-16le',
      'base64 of utf-16be',
      'inner pad of HMAC',
      'outer pad of HMAC',
      'base64 in lines'
    ])
  })

  test('do not include white space at its ends', () => {
    expect(patternsOf(' \tZu3kQ9wLx0\r\n')).toEqual(patternsOf('Zu3kQ9wLx0'))
  })

  test('match the escapes of other programs', () => {
    expect(patternsOf(`p'ä<s "w\\=d&~1`)).toMatchObject({
      'utf-8': [Buffer.from(`p'ä<s "w\\=d&~1`).toString('latin1')],
      'latin-1': [`p'ä<s "w\\=d&~1`],
      'utf-16be': [`\0p\0'\0ä\0<\0s\0 \0"\0w\0\\\0=\0d\0&\0~\x001`],
      hex: ['7027c3a43c732022775c3d64267e31', '7027e43c732022775c3d64267e31'],
      url: [`p'%C3%A4%3Cs%20%22w%5C%3Dd%26~1`],
      form: ['p%27%C3%A4%3Cs+%22w%5C%3Dd%26%7E1'],
      'json in latin-1': [`p'ä<s \\"w\\\\=d&~1`],
      'json ascii': [`p'\\u00e4<s \\"w\\\\=d&~1`],
      'json html in latin-1': [`p\\u0027ä\\u003cs \\"w\\\\\\u003dd\\u0026~1`],
      properties: [`p'\\u00E4<s "w\\\\\\=d&~1`],
      'xml in latin-1': [`p&apos;ä&lt;s &quot;w\\=d&amp;~1`]
    })
  })

  test('match base64 with any bytes before and after it', () => {
    const random = seeded(3)
    for (let round = 0; round < 300; round++) {
      const value = `x7?K${random.text(4 + random.below(40), 'abcXYZ0189/+?>~é')}z`
      const { base64 = [], base64url = base64 } = patternsOf(value)
      const around = Buffer.concat([
        random.bytes(random.below(7)),
        Buffer.from(value),
        random.bytes(random.below(7))
      ])
      expect(base64.some((text) => around.toString('base64').includes(text))).toBe(true)
      expect([...base64, ...base64url].some((text) => around.toString('base64url').includes(text))).toBe(true)
    }
  })

  test('are all different, and have at least 8 bytes', () => {
    for (const value of ['Zu3kQ9wL', `a"é\n0?/=%+`, '7f3a90c2d41b6e85', `first:Line1\nsecond-Line2`]) {
      const patterns = needlesOf([{ name: 'TOKEN', value }]).needles.flatMap(({ bytes, confirmation }) =>
        confirmation ? [] : [bytes.toString('hex')]
      )
      expect(new Set(patterns).size).toBe(patterns.length)
      expect(Math.min(...patterns.map(({ length }) => length / 2))).toBeGreaterThanOrEqual(8)
    }
  })

  test('have the names of both secrets of the same value', () => {
    const { needles } = needlesOf([
      { name: 'ONE', value: 'Zu3kQ9wLx0' },
      { name: 'OTHER', value: 'Zu3kQ9wLx0' }
    ])
    expect(needles.filter(({ encoding }) => encoding === 'utf-8').map(({ secret }) => secret)).toEqual([
      'ONE',
      'OTHER'
    ])
  })
})

describe('a value with several lines', () => {
  const random = seeded(11)
  const body = Array.from({ length: 4 }, () => `aB3${random.text(61, 'abcdefgXYZ0123456789+/')}`)
  const pem = ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----', ''].join('\n')

  test('is searched for by its lines too, but not by the header, which is in the JDK', () => {
    expect(patternsOf(pem)['piece in utf-8']).toEqual(body)
    expect(patternsOf(pem.replaceAll('\n', '\r\n'))['piece in utf-8']).toEqual(body)
    expect(patternsOf(pem)['piece in utf-16le']).toHaveLength(4)
  })

  test('of JSON is searched for by its random parts, since addresses and names are in libraries too', () => {
    const account = {
      type: 'service_account',
      private_key_id: '3f9c1d0e7b2a4586c1d0e7b2a45863f9c1d0e7b2',
      private_key: pem,
      auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs'
    }
    const pieces = [account.private_key_id, ...body]
    expect(patternsOf(JSON.stringify(account, null, 2))['piece in utf-8']).toEqual(pieces)
    expect(patternsOf(JSON.stringify(account))['piece in utf-8']).toEqual(pieces)
  })

  test('has no pieces if it is one line', () => {
    expect(patternsOf(body.join(' '))).not.toHaveProperty('piece in utf-8')
  })
})

describe('weak secrets', () => {
  test.each([
    ['', 'short'],
    ['  Zu3kQ9w \n', 'short'],
    ['true', 'short'],
    ['aaaaaaaaaaaaaaaa', 'low variety'],
    ['abababcbabcbcbabc', 'low variety'],
    ['0123456789abcdef', 'low variety'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 'low variety'],
    ['1357908642', 'number'],
    ['2026-01-31 12:59', 'number'],
    ['192.168.100.17:8080', 'number'],
    ['password', 'word'],
    ['Postgres', 'word'],
    ['PRODUCTION', 'word'],
    ['my-service', 'word'],
    ['changeme123!', 'word'],
    ['P@ssw0rd', undefined],
    ['Administrator', 'word'],
    ['sunshine7', undefined],
    ['eu-central-1', undefined],
    ['correcthorsebattery', undefined],
    ['aBcDxYzW', undefined],
    ['4929 1837 5502 6614', undefined],
    ['https://sonar.example.org', undefined]
  ])('%j: %s', (value, reason) => {
    const { needles, weak } = needlesOf([{ name: 'A', value }])
    expect(weak).toEqual(reason === undefined ? [] : [{ secret: 'A', reason }])
    expect(needles.length > 0).toBe(reason === undefined)
  })
})
