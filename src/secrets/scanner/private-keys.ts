import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { EncodedText } from './encodings.js'
import { keyForms } from './key-bytes.js'
import { openSshKey } from './openssh-key.js'

/** Members of a JWK that are secret, but for `k` of a symmetric key: https://www.rfc-editor.org/rfc/rfc7518#section-6 */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi']

/** Minimum size of a number that is searched for, in bytes: shorter ones are in other data by chance. */
const LEAST_BYTES = 16

/** Maximum size of the secret exponent of DSA in bytes, with a zero in front. */
const LONGEST_EXPONENT = 33

/** Name of the numbers of a key in the report. */
export const KEY_NUMBER = 'number of the key'

/** Returns the private key of a PEM block; undefined for an encrypted key and for a kind of key that OpenSSL cannot read. */
export function keyOfPem(pem: string): KeyObject | undefined {
  return attempt(() => createPrivateKey(pem))
}

/** Returns the private key of DER bytes in PKCS#8, PKCS#1 or SEC1; undefined if they are not one. */
export function keyOfDer(der: Buffer): KeyObject | undefined {
  if (der[0] !== 0x30) return undefined
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    const key = attempt(() => createPrivateKey({ key: der, format: 'der', type }))
    if (key !== undefined) return key
  }
  return undefined
}

/** Returns whether DER bytes are a certificate or a public key, which are in memory without being a secret. */
export function isPublicDer(der: Buffer): boolean {
  if (der[0] !== 0x30) return false
  return (
    attempt(() => new X509Certificate(der)) !== undefined ||
    attempt(() => createPublicKey({ key: der, format: 'der', type: 'spki' })) !== undefined
  )
}

/**
 * Returns the secret numbers of a private key as a Java process keeps them after it has read the key: RSA d, p, q, dp, dq and qi,
 * the scalar of an elliptic curve, the seed of Ed25519, the exponent of DSA.
 */
export function numberForms(key: KeyObject): EncodedText[] {
  const isNumber = ['rsa', 'rsa-pss', 'ec', 'dsa'].includes(key.asymmetricKeyType ?? '')
  return numbersOf(key).flatMap((number) => (isNumber ? formsOfNumber(number) : [bigEndian(number)]))
}

/** Returns the secret numbers of a private key of OpenSSH; an empty list for other bytes. */
export function openSshForms(bytes: Buffer): EncodedText[] {
  const key = openSshKey(bytes)
  if (key === undefined) return []
  // A damaged key has fields that are empty or cut.
  const seeds = key.bytes.filter(({ length }) => length >= LEAST_BYTES)
  return [...key.numbers.flatMap((number) => formsOfNumber(number)), ...seeds.map(bigEndian)]
}

/** Returns the forms of a JWK's secret members, of which `k` is the bytes of a symmetric key. */
export function jwkForms(jwk: object): EncodedText[] {
  const key = attempt(() => createPrivateKey({ key: jwk as Record<string, string>, format: 'jwk' }))
  if (key !== undefined) return numberForms(key)
  const bytes = 'k' in jwk && typeof jwk.k === 'string' ? Buffer.from(jwk.k, 'base64url') : Buffer.alloc(0)
  return bytes.length < LEAST_BYTES ? [] : [bigEndian(bytes), ...keyForms(bytes)]
}

function numbersOf(key: KeyObject): Buffer[] {
  const numbers = secretsOf(key)
  return numbers.filter((number) => number !== undefined && number.length >= LEAST_BYTES) as Buffer[]
}

function secretsOf(key: KeyObject): (Buffer | undefined)[] {
  // JWK names a few curves only, while SEC1 has the scalar at the same place for all.
  if (key.asymmetricKeyType === 'ec') return [scalarOf(key)]
  if (key.asymmetricKeyType === 'dsa') return [exponentOf(key)]
  const plain = key.asymmetricKeyType === 'rsa-pss' ? withoutPss(key) : key
  return plain ? membersOf(plain) : []
}

/** Returns a key for RSASSA-PSS as one for RSA: its PKCS#8 has PKCS#1 inside, which begins with the version and a long number. */
function withoutPss(key: KeyObject): KeyObject | undefined {
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const inner = der.indexOf(Buffer.from([2, 1, 0, 2]))
  return keyOfDer(der.subarray(Math.max(0, inner - 4)))
}

/** Returns the number at the end of PKCS#8, which is an INTEGER in an OCTET STRING. */
function exponentOf(key: KeyObject): Buffer | undefined {
  const der = key.export({ format: 'der', type: 'pkcs8' })
  const sizes = Array.from({ length: LONGEST_EXPONENT }, (_, index) => index + 1)
  const size = sizes.find((one) => Buffer.from([4, one + 2, 2, one]).equals(der.subarray(-one - 4, -one)))
  return size === undefined ? undefined : der.subarray(-size)
}

function membersOf(key: KeyObject): Buffer[] {
  const jwk = attempt(() => key.export({ format: 'jwk' })) as Record<string, unknown> | undefined
  return SECRET_MEMBERS.flatMap((name) => {
    const member = jwk?.[name]
    return typeof member === 'string' ? [Buffer.from(member, 'base64url')] : []
  })
}

/** Returns the OCTET STRING of a SEC1 key, which follows the version: https://www.rfc-editor.org/rfc/rfc5915#section-3 */
function scalarOf(key: KeyObject): Buffer | undefined {
  const der = key.export({ format: 'der', type: 'sec1' })
  const version = der.indexOf(Buffer.from([2, 1, 1, 4]))
  const size = der[version + 4] ?? 0
  return version < 0 ? undefined : der.subarray(version + 5, version + 5 + size)
}

function bigEndian(number: Buffer): EncodedText {
  return { encoding: KEY_NUMBER, bytes: number }
}

/**
 * Returns a number, which `encoding` names, as big-endian bytes (DER, toByteArray), as little-endian bytes (BIGNUM of OpenSSL, ECPrivateKeyImpl.arrayS), and
 * as the `int[] mag` of java.math.BigInteger: the most significant word first, each word as the CPU stores it.
 */
export function formsOfNumber(number: Buffer, encoding = KEY_NUMBER): EncodedText[] {
  const first = number.findIndex((byte) => byte !== 0)
  const significant = number.subarray(Math.max(first, 0))
  if (significant.length < LEAST_BYTES) return []
  const words = Buffer.concat([Buffer.alloc((4 - (significant.length % 4)) % 4), significant])
  return [
    { encoding, bytes: significant },
    { encoding: `${encoding}, little-endian`, bytes: Buffer.from(significant).reverse() },
    { encoding: `${encoding} in BigInteger`, bytes: words.swap32() }
  ]
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
