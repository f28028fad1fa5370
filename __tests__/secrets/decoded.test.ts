import { describe, expect, test } from '@jest/globals'
import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  type JsonWebKey,
  type KeyObject
} from 'node:crypto'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { createMatcher, scan } from '../../src/secrets/scanner/scan.js'

/** Returns the encodings in which the bytes have the secret. */
async function encodingsIn(value: string, bytes: Buffer): Promise<string[]> {
  const matcher = createMatcher({
    secrets: [{ name: 'KEY', value }],
    canary: createCanary(),
    key: Buffer.from('key'),
    families: []
  })
  const { findings } = await scan([randomBytes(101), bytes, randomBytes(50)], matcher)
  return findings.flatMap((finding) =>
    'secret' in finding && finding.secret === 'KEY' ? [finding.encoding] : []
  )
}

function memberOf(key: KeyObject, name: 'd' | 'p' | 'q'): Buffer {
  return Buffer.from(key.export({ format: 'jwk' })[name] ?? '', 'base64url')
}

/** Returns a number as the int[] of java.math.BigInteger, which has its words in big-endian order. */
function magOf(number: Buffer): Buffer {
  const padded = Buffer.concat([Buffer.alloc((4 - (number.length % 4)) % 4), number])
  return Buffer.concat(
    Array.from({ length: padded.length / 4 }, (_, word) =>
      Buffer.from(padded.subarray(word * 4, word * 4 + 4)).reverse()
    )
  )
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1'): string =>
  key.export({ format: 'pem', type: type }) as string

/** Returns a private key as ssh-keygen writes it: https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function openSshOf(type: string, ...fields: Buffer[]): string {
  const field = (bytes: Buffer | string): Buffer => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(bytes.length)
    return Buffer.concat([size, Buffer.from(bytes as string)])
  }
  const check = randomBytes(4)
  const key = Buffer.concat([
    check,
    check,
    ...[type, ...fields, 'ci@host'].map(field),
    Buffer.from([1, 2, 3])
  ])
  const none = [field('none'), field('none'), field('')]
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...none,
    Buffer.from([0, 0, 0, 1]),
    field(type),
    field(key)
  ])
  const lines = file.toString('base64').match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----\n'].join('\n')
}

/** Returns a member of a JWK as a number of OpenSSH, whose first bit is not set. */
function numberOf(jwk: JsonWebKey, name: 'n' | 'e' | 'd' | 'p' | 'q' | 'qi'): Buffer {
  return Buffer.concat([Buffer.alloc(1), Buffer.from(jwk[name] ?? '', 'base64url')])
}

function openSshKeys(): [kind: string, value: string, secrets: Buffer[]][] {
  const [ofRsa, ofEc, ofEd] = [rsa, ec, ed].map((key) => key.export({ format: 'jwk' })) as [
    JsonWebKey,
    JsonWebKey,
    JsonWebKey
  ]
  const bytes = (text = ''): Buffer => Buffer.from(text, 'base64url')
  const numbers = (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) => numberOf(ofRsa, name))
  const x = randomBytes(20).fill(0x77, 0, 1)
  const point = Buffer.concat([Buffer.from([4]), bytes(ofEc.x), bytes(ofEc.y)])
  const secretsOfRsa = [ofRsa.d, ofRsa.p, ofRsa.q, ofRsa.dp, ofRsa.dq, ofRsa.qi].map(bytes)
  return [
    ['RSA', openSshOf('ssh-rsa', ...numbers), secretsOfRsa],
    [
      'ECDSA',
      openSshOf('ecdsa-sha2-nistp384', Buffer.from('nistp384'), point, numberOf(ofEc, 'd')),
      [bytes(ofEc.d)]
    ],
    [
      'Ed25519',
      openSshOf('ssh-ed25519', bytes(ofEd.x), Buffer.concat([bytes(ofEd.d), bytes(ofEd.x)])),
      [bytes(ofEd.d)]
    ],
    ['DSA', openSshOf('ssh-dss', ...Array.from({ length: 4 }, () => randomBytes(40)), x), [x]]
  ]
}

describe('a private key', () => {
  test.each([
    ['RSA in PKCS#8', pem(rsa, 'pkcs8'), rsa],
    ['RSA in PKCS#1', pem(rsa, 'pkcs1'), rsa],
    ['EC in PKCS#8', pem(ec, 'pkcs8'), ec],
    ['EC in SEC1', pem(ec, 'sec1'), ec],
    ['Ed25519 in PKCS#8', pem(ed, 'pkcs8'), ed],
    ['RSA with escaped line breaks', pem(rsa, 'pkcs8').replaceAll('\n', '\\n'), rsa],
    ['RSA in one line', pem(rsa, 'pkcs8').replaceAll('\n', ''), rsa],
    [
      'RSA in a JSON document',
      JSON.stringify({ type: 'service_account', private_key: pem(rsa, 'pkcs8') }),
      rsa
    ],
    ['RSA in base64 of a PEM block', Buffer.from(pem(rsa, 'pkcs8')).toString('base64'), rsa],
    ['EC in base64 of DER', ec.export({ format: 'der', type: 'pkcs8' }).toString('base64'), ec],
    ['RSA as a JWK', JSON.stringify(rsa.export({ format: 'jwk' })), rsa]
  ])('%s is found as its number', async (_, value, key) => {
    expect(await encodingsIn(value, memberOf(key, 'd'))).toContain('number of the key')
  })

  test('is found as its DER bytes', async () => {
    const der = rsa.export({ format: 'der', type: 'pkcs8' })
    expect(await encodingsIn(pem(rsa, 'pkcs8'), der)).toContain('decoded PEM')
  })

  test.each(['d', 'p', 'q'] as const)(
    'of RSA is found as the words of BigInteger, and as BIGNUM: %s',
    async (name) => {
      const number = memberOf(rsa, name)
      expect(await encodingsIn(pem(rsa, 'pkcs8'), magOf(number))).toEqual(['number of the key in BigInteger'])
      expect(await encodingsIn(pem(rsa, 'pkcs8'), Buffer.from(number).reverse())).toEqual([
        'number of the key, little-endian'
      ])
    }
  )

  test('of RSASSA-PSS is found as its number', async () => {
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).privateKey
    const der = pss.export({ format: 'der', type: 'pkcs8' })
    const inner = createPrivateKey({
      key: der.subarray(der.indexOf('02010002', 'hex') - 4),
      format: 'der',
      type: 'pkcs1'
    })
    for (const name of ['d', 'q'] as const)
      expect(await encodingsIn(pem(pss, 'pkcs8'), memberOf(inner, name))).toEqual(['number of the key'])
  })

  test('of DSA is found as its number', async () => {
    const generated = (): KeyObject =>
      generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey
    const derOf = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' })
    // INTEGER of 20 bytes: a random one can have fewer, or a zero in front.
    let dsa = generated()
    while (derOf(dsa).at(-21) !== 20) dsa = generated()
    const der = derOf(dsa)
    const x = der.subarray(-20)
    expect(await encodingsIn(pem(dsa, 'pkcs8'), x)).toEqual(['number of the key'])
    expect(await encodingsIn(der.toString('base64'), magOf(x))).toEqual(['number of the key in BigInteger'])
  })

  test.each(openSshKeys())('of OpenSSH is found as its numbers: %s', async (_, value, numbers) => {
    expect(numbers.length).toBeGreaterThan(0)
    for (const number of numbers) expect(await encodingsIn(value, number)).toEqual(['number of the key'])
    const body = value.replace(/-----[A-Z ]+-----|\s/g, '')
    expect(await encodingsIn(body, numbers[0] ?? Buffer.alloc(0))).toEqual(['number of the key'])
  })

  test('of OpenSSH that is damaged gives no pattern of a few bytes', async () => {
    const [, x] = [Buffer.alloc(0), Buffer.from(ed.export({ format: 'jwk' }).x ?? '', 'base64url')]
    for (const fields of [[], [x], [x, Buffer.from([1, 2])], [x, Buffer.alloc(3, 7)]])
      expect(await encodingsIn(openSshOf('ssh-ed25519', ...fields), Buffer.from([1, 2]))).toEqual([])
    const device = openSshOf('sk-ssh-ed25519@openssh.com', x, Buffer.from('ssh:github.com/my-organization'))
    expect(await encodingsIn(device, Buffer.from('ssh:github.com/my-organization'))).toEqual([])
  })

  test('beside its public key is found, and the public key is not', async () => {
    const publicKey = ec.export({ format: 'jwk' })
    const x = Buffer.from(publicKey.x ?? '', 'base64url')
    expect(await encodingsIn(JSON.stringify(publicKey), x)).toEqual([])
    const spki = generateKeyPairSync('ed25519').publicKey
    const both = `${pem(ec, 'pkcs8')}${spki.export({ format: 'pem', type: 'spki' }) as string}`
    expect(await encodingsIn(both, spki.export({ format: 'der', type: 'spki' }))).toEqual([])
    expect(await encodingsIn(both, memberOf(ec, 'd'))).toContain('number of the key')
  })
})

test.each([
  ['base64', randomBytes(32)],
  ['base64url', randomBytes(32)],
  ['hex', randomBytes(16)]
] as const)('a value in %s is found as its bytes', async (kind, bytes) => {
  expect(await encodingsIn(bytes.toString(kind), bytes)).toEqual([
    `decoded ${kind === 'base64url' ? 'base64' : kind}`
  ])
})

test('a value behind a short name is found as its bytes', async () => {
  const bytes = randomBytes(32)
  for (const value of [
    `base64:${bytes.toString('base64')}`,
    `whsec_${bytes.toString('base64')}`,
    `hex:${bytes.toString('hex')}`
  ])
    expect(await encodingsIn(value, bytes)).toEqual([`decoded ${value.startsWith('hex') ? 'hex' : 'base64'}`])
})

test('a key is found where HMAC and AES have left it', async () => {
  const bytes = randomBytes(32)
  const pad = (key: Buffer, byte: number): Buffer => Buffer.from(key.map((one) => one ^ byte))
  for (const value of [bytes.toString('base64'), bytes.toString('hex')]) {
    expect(await encodingsIn(value, pad(bytes, 0x36))).toEqual(['inner pad of HMAC'])
    expect(await encodingsIn(value, pad(bytes, 0x5c))).toEqual(['outer pad of HMAC'])
  }
  expect(await encodingsIn(bytes.toString('base64'), magOf(bytes))).toEqual(['words of a cipher'])
  for (const aes of ['Abcdef0123-xyz+Q', Buffer.from('Abcdef0123-xyz+Q').toString('base64')])
    expect(await encodingsIn(aes, Buffer.from('Abcdef0123-xyz+Q').swap32())).toEqual(['words of a cipher'])
  const jwk = JSON.stringify({ kty: 'oct', k: bytes.toString('base64url') })
  expect(await encodingsIn(jwk, pad(bytes, 0x36))).toEqual(['inner pad of HMAC'])
  const text = 'correct-horse-battery-9'
  expect(await encodingsIn(text, pad(Buffer.from(text), 0x36))).toEqual(['inner pad of HMAC'])
  const encoded = Buffer.from(text).toString('base64')
  expect(await encodingsIn(encoded, pad(Buffer.from(text), 0x36))).toEqual(['inner pad of HMAC'])
})

test('a value in base32 is found as its bytes', async () => {
  // The secret of a one-time password: https://www.rfc-editor.org/rfc/rfc4648#section-10
  expect(
    await encodingsIn(
      'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex')
    )
  ).toEqual(['decoded base32'])
})

test('a value in hex is found as a number, also with 0x in front', async () => {
  const number = Buffer.concat([Buffer.from([0x7f]), randomBytes(31)])
  for (const value of [number.toString('hex'), `0x${number.toString('hex')}`]) {
    expect(await encodingsIn(value, number)).toEqual(['decoded hex'])
    expect(await encodingsIn(value, Buffer.from(number).reverse())).toEqual(['decoded hex, little-endian'])
    expect(await encodingsIn(value, magOf(number))).toEqual(['decoded hex in BigInteger'])
  }
})

test('a value with a character beyond 16 bits is found in modified UTF-8', async () => {
  const value = 'Zx81-kLm9-\u{1f511}'
  // As java.io.DataOutputStream.writeUTF writes the two halves of U+1F511.
  const bytes = Buffer.concat([Buffer.from('Zx81-kLm9-'), Buffer.from('eda0bdedb491', 'hex')])
  expect(await encodingsIn(value, bytes)).toEqual(['modified utf-8'])
})

test('the parts of a list are found', async () => {
  const keys = Array.from({ length: 3 }, () => `aB3${randomBytes(18).toString('base64url')}`)
  for (const separator of [',', ';', '|'])
    expect(await encodingsIn(keys.join(separator), Buffer.from(keys[1] ?? ''))).toEqual(['piece in utf-8'])
})

const PASSWORD = `p"Zx81<kLm9'Qq/ö&!(x)`

test.each([
  ['JSON with upper-case Unicode and an escaped slash', String.raw`p\"Zx81<kLm9'Qq\/\u00F6&!(x)`],
  ['JSON in JSON', String.raw`p\\\"Zx81<kLm9'Qq/ö&!(x)`],
  ['a URL by RFC 3986', 'p%22Zx81%3CkLm9%27Qq%2F%C3%B6%26%21%28x%29'],
  ['a URL in lower case', 'p%22Zx81%3ckLm9%27Qq%2f%c3%b6%26!(x)'],
  ['a path of a URL', `p%22Zx81%3CkLm9'Qq/%C3%B6&!(x)`],
  ['a URL in a URL', 'p%2522Zx81%253CkLm9%2527Qq%252F%25C3%25B6%2526%2521%2528x%2529'],
  ['decimal HTML', 'p&#34;Zx81&#60;kLm9&#39;Qq/&#246;&#38;!(x)'],
  ['named HTML', `p&quot;Zx81&lt;kLm9&#x27;Qq/&ouml;&amp;!(x)`],
  ['YAML in single quotes', `p"Zx81<kLm9''Qq/ö&!(x)`],
  ['YAML in double quotes', String.raw`p\"Zx81<kLm9'Qq/\xf6&!(x)`],
  ['a properties file', String.raw`p"Zx81<kLm9'Qq/\u00f6&\!(x)`],
  ['YAML with eight digits', String.raw`p\"Zx81<kLm9'Qq/\U000000F6&!(x)`],
  ['JavaScript', String.raw`p\"Zx81\u{3c}kLm9\'Qq/\u{f6}&!(x)`],
  ['a shell', String.raw`p"Zx81<kLm9'\''Qq/ö&!(x)`],
  ['quoted-printable', `p"Zx81<kLm9'Qq/=C3=B6&!(x)`]
])('a value is found in %s', async (_, text) => {
  expect(await encodingsIn(PASSWORD, Buffer.from(text))).not.toEqual([])
})

test.each(['%25F0%259F%2598%2580', String.raw`\\xf0\\x9f\\x98\\x80`])(
  'a character beyond 16 bits next to letters is found as %s',
  async (spelling) => {
    const text = `p${spelling}Kl9vQx7Zt${spelling.startsWith('%') ? '%2526' : '&'}x`
    expect(await encodingsIn('p\u{1f600}Kl9vQx7Zt&x', Buffer.from(text))).toEqual(['escaped'])
  }
)

test('a value of letters, digits and dashes is found with dashes in percent', async () => {
  expect(await encodingsIn('Zx81-kLm9.Qq_7', Buffer.from('Zx81%2DkLm9%2EQq%5f7'))).toEqual(['escaped'])
})

test('a value is found in base64 of UTF-16, and in base64 with line breaks', async () => {
  const value = `Zx81-kLm9-Qq${'x7Yp'.repeat(20)}`
  expect(await encodingsIn(value, Buffer.from(Buffer.from(value, 'utf16le').toString('base64')))).toEqual([
    'base64 of utf-16le'
  ])
  const lines = Buffer.concat([randomBytes(20), Buffer.from(value)])
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n')
  expect(await encodingsIn(value, Buffer.from(lines))).toEqual(
    ['base64 in lines', 'base64 in lines'].slice(0, 1)
  )
})

test('a common part of a value is not found without the rest', async () => {
  expect(await encodingsIn(PASSWORD, Buffer.from(`p"Zx81<kLm9'Qq and kLm9`))).toEqual([])
})
