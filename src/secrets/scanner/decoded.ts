import { documentOf } from '../../lib/json.js'
import { plainForms, type EncodedText } from './encodings.js'
import { keyForms } from './key-bytes.js'
import {
  formsOfNumber,
  isPublicDer,
  jwkForms,
  keyOfDer,
  keyOfPem,
  numberForms,
  openSshForms
} from './private-keys.js'
import { weaknessOf } from './strength.js'

/** Maximum number of encodings around one another, such as base64 of a JSON text with a PEM block. */
const DEEPEST = 4
/** Minimum size of decoded base64, base32 and hex, in bytes: a shorter word may be in that alphabet by chance. */
const LEAST_BYTES = { base64: 16, base32: 10, hex: 8 }
/** Minimum number of different bytes. */
const LEAST_VARIETY = 6

/** A PEM block with any line breaks or none; the label is in the first group, the body in the second. */
const PEM = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]{1,65536})-----END \1-----/g
const PUBLIC_LABEL = /CERTIFICATE|PUBLIC KEY|PARAMETERS|CRL|PKCS7/

/**
 * Returns what a value stands for: the bytes that a PEM block, base64 or hex encodes, the secret numbers of a private key, and the
 * same for the texts in a JSON document and for what is encoded several times. Certificates and public keys are left out.
 */
export function decodedForms(value: string): EncodedText[] {
  return formsOfText(value, DEEPEST)
}

/** Returns the text without its certificates and public keys, in whose place is an empty line. */
export function withoutPublicBlocks(text: string): string {
  return text.replace(
    /-----BEGIN ([A-Z0-9 ]{1,40})-----[A-Za-z0-9+/=\s\\]{1,65536}-----END \1-----/g,
    (block, label: string) => (PUBLIC_LABEL.test(label) ? '\n\n' : block)
  )
}

function formsOfText(text: string, depth: number): EncodedText[] {
  if (depth === 0) return []
  const json = documentOf(text)
  if (json !== undefined) return formsOfJson(json, depth - 1)
  const blocks = pemForms(text)
  if (blocks.length > 0) return blocks
  return textsIn(text.replace(/\s/g, '')).flatMap((compact) => [
    ...(isHex(compact)
      ? formsOfBytes(Buffer.from(compact.replace(/^0x|[:-]/g, ''), 'hex'), 'hex', depth)
      : []),
    ...(isBase32(compact) ? formsOfBytes(bytesOfBase32(compact), 'base32', depth) : []),
    ...(isBase64(compact) ? formsOfBytes(Buffer.from(compact, 'base64'), 'base64', depth) : [])
  ])
}

/** Returns a text, and the text without a short name in front, such as `base64:` or `whsec_`. */
function textsIn(text: string): string[] {
  const [, rest] = /^[A-Za-z][A-Za-z0-9]{1,11}[:_](.+)$/.exec(text) ?? []
  return rest === undefined ? [text] : [text, rest]
}

function isHex(text: string): boolean {
  return /^(?:0x)?(?:[0-9a-fA-F]{2}[:-]?){8,}$/.test(text)
}

/** https://www.rfc-editor.org/rfc/rfc4648#section-6 */
function isBase32(text: string): boolean {
  return /^[A-Z2-7]{16,}={0,6}$/.test(text)
}

function bytesOfBase32(text: string): Buffer {
  const bits = [...text.replace(/=/g, '')].map((character) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0')
  )
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

// Node reads the alphabet of base64url in base64 too.
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/_-]{22,}={0,2}$/.test(text)
}

function pemForms(text: string): EncodedText[] {
  const plain = text.replace(/(?<!\\)\\+(?:r\\+n|[nr])/g, '\n')
  return [...plain.matchAll(PEM)].flatMap(([, label = '', body = '']) => {
    if (PUBLIC_LABEL.test(label)) return []
    const base64 = body.replace(/\s/g, '')
    const lines = (base64.match(/.{1,64}/g) ?? []).join('\n')
    const key = keyOfPem(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`)
    const der = { encoding: 'decoded PEM', bytes: Buffer.from(base64, 'base64') }
    return [...(isVaried(der.bytes) ? [der] : []), ...(key ? numberForms(key) : openSshForms(der.bytes))]
  })
}

function formsOfBytes(bytes: Buffer, kind: 'base64' | 'base32' | 'hex', depth: number): EncodedText[] {
  if (bytes.length < LEAST_BYTES[kind] || !isVaried(bytes) || isPublicDer(bytes)) return []
  const encoding = `decoded ${kind}`
  const text = textOf(bytes)
  if (text === undefined) {
    const key = keyOfDer(bytes)
    if (key) return [{ encoding, bytes }, ...numberForms(key)]
    const ofKey = [...keyForms(bytes), ...openSshForms(bytes)]
    return [...(kind === 'hex' ? formsOfHex(bytes) : [{ encoding, bytes }]), ...ofKey]
  }
  if (weaknessOf(text) !== undefined) return []
  const forms = plainForms(text).map((form) => ({
    encoding: form.encoding === 'utf-8' ? encoding : `${encoding} in ${form.encoding}`,
    bytes: form.bytes
  }))
  return [...forms, ...keyForms(Buffer.from(text)), ...formsOfText(text, depth - 1)]
}

/** Returns the bytes of hex, with which some programs write numbers. */
function formsOfHex(bytes: Buffer): EncodedText[] {
  const encoding = 'decoded hex'
  // With zeros in front the bytes differ from those of the number.
  const [, ...asNumber] = formsOfNumber(bytes, encoding)
  return [{ encoding, bytes }, ...asNumber]
}

/** Names of members of a JSON document that are not secret. */
const PUBLIC_NAME = /public|cert|x5[ctu]|_id$|^(?:n|e|x|y|kid|type)$/i

function formsOfJson(json: object, depth: number): EncodedText[] {
  if (depth === 0) return []
  if ('kty' in json) return jwkForms(json)
  return Object.entries(json).flatMap(([name, member]: [string, unknown]) => {
    if (typeof member === 'string') return PUBLIC_NAME.test(name) ? [] : formsOfText(member, depth)
    return typeof member === 'object' && member !== null ? formsOfJson(member, depth - 1) : []
  })
}

/** Returns the printable text in the bytes; undefined if they are something else. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8')
  return /^[\t\n\r\x20-\x7e\u00a0-\ufffc]*$/.test(text) ? text.trim() : undefined
}

function isVaried(bytes: Buffer): boolean {
  return new Set(bytes).size >= LEAST_VARIETY
}
