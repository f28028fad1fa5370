import { createECDH, generateKeyPairSync } from 'node:crypto'
import type { Plant } from './needles.js'
import { KEY_NUMBER } from './private-keys.js'

export type Random = (bytes: number) => Buffer

/** PKCS#8 of an Ed25519 key, in front of its 32 bytes: https://www.rfc-editor.org/rfc/rfc8410#section-7 */
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')
/** SEC1 of a P-256 key, around its 32 bytes: https://www.rfc-editor.org/rfc/rfc5915#section-3 */
const P256 = [Buffer.from('30310201010420', 'hex'), Buffer.from('a00a06082a8648ce3d030107', 'hex')]
/** Size of the RSA key of the proof, in bits: a small one takes a few milliseconds. */
const RSA_SIZE = 1024

export interface OtherCanary {
  value: string
  plants: Plant[]
}

/** Returns values that are base64 and hex, of bytes and of a text. */
export function encodedCanaries(random: Random): OtherCanary[] {
  const [first, second, third] = [random(24), random(24), random(25)]
  // A number has no zeros in front.
  second[0] = 0x7f
  const text = `Aa1 ${random(12).toString('hex')} é`
  return [
    {
      value: first.toString('base64'),
      plants: [
        { encoding: 'decoded base64', bytes: first },
        { encoding: 'words of a cipher', bytes: Buffer.from(first).swap32() },
        { encoding: 'inner pad of HMAC', bytes: Buffer.from(first.map((byte) => byte ^ 0x36)) },
        { encoding: 'outer pad of HMAC', bytes: Buffer.from(first.map((byte) => byte ^ 0x5c)) }
      ]
    },
    { value: second.toString('hex'), plants: plantsOfNumber(second, 'decoded hex') },
    { value: base32Of(third), plants: [{ encoding: 'decoded base32', bytes: third }] },
    ...(['base64', 'hex'] as const).map((kind) => ({
      value: Buffer.from(text).toString(kind),
      plants: [
        { encoding: `decoded ${kind}`, bytes: Buffer.from(text) },
        { encoding: `decoded ${kind} in latin-1`, bytes: Buffer.from(text, 'latin1') },
        { encoding: `decoded ${kind} in utf-16le`, bytes: Buffer.from(text, 'utf16le') },
        { encoding: `decoded ${kind} in utf-16be`, bytes: Buffer.from(text, 'utf16le').swap16() }
      ]
    }))
  ]
}

/** Returns private keys as PEM blocks: one with real, one with escaped line breaks, and one in a JSON document. */
export function keyCanaries(random: Random): OtherCanary[] {
  const curve = createECDH('prime256v1')
  curve.generateKeys()
  const scalar = Buffer.concat([Buffer.alloc(32), curve.getPrivateKey()]).subarray(-32)
  const sec1 = Buffer.concat([P256[0] ?? Buffer.alloc(0), scalar, P256[1] ?? Buffer.alloc(0)])
  const seed = random(32)
  const pkcs8 = Buffer.concat([ED25519, seed])
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_SIZE })
  const pkcs1 = privateKey.export({ format: 'der', type: 'pkcs1' })
  const { p = '' } = privateKey.export({ format: 'jwk' })
  return [
    {
      value: pemOf('EC PRIVATE KEY', sec1),
      plants: [{ encoding: 'decoded PEM', bytes: sec1 }, ...plantsOfNumber(scalar)]
    },
    {
      value: pemOf('PRIVATE KEY', pkcs8).replaceAll('\n', '\\n'),
      plants: [
        { encoding: 'decoded PEM', bytes: pkcs8 },
        { encoding: KEY_NUMBER, bytes: seed }
      ]
    },
    {
      value: JSON.stringify({ key: pemOf('RSA PRIVATE KEY', pkcs1) }),
      plants: [{ encoding: 'decoded PEM', bytes: pkcs1 }, ...plantsOfNumber(Buffer.from(p, 'base64url'))]
    }
  ]
}

/** Returns bytes in base32; their number is a multiple of 5. */
function base32Of(bytes: Buffer): string {
  const digits = BigInt(`0x${bytes.toString('hex')}`).toString(32)
  const all = digits.padStart((bytes.length * 8) / 5, '0')
  return [...all].map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(digit, 32)]).join('')
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')
}

/** Returns a number, which `encoding` names, as DER, OpenSSL and java.math.BigInteger have it: the int[] of the latter has no zeros in front. */
function plantsOfNumber(number: Buffer, encoding = KEY_NUMBER): Plant[] {
  const digits = BigInt(`0x${number.toString('hex')}`).toString(16)
  const words = (digits.padStart(Math.ceil(digits.length / 8) * 8, '0').match(/.{8}/g) ?? []).map((word) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(Number.parseInt(word, 16))
    return bytes
  })
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return [
    { encoding, bytes },
    { encoding: `${encoding}, little-endian`, bytes: Buffer.from([...bytes].reverse()) },
    { encoding: `${encoding} in BigInteger`, bytes: Buffer.concat(words) }
  ]
}
