import { entropyOf, hasPassword, hasRandomPart, weaknessOf } from './strength.js'

/** A line break in a PEM block: real, or escaped in a JSON text or a properties file, also in JSON in JSON. */
export const BREAK = String.raw`(?:\r?\n|\\{1,4}r\\{1,4}n|\\{1,4}n|\\\r?\n)`
export const BASE64 = '[A-Za-z0-9+/=]'
/** The beginning of the body of a PEM block, with its line breaks: it identifies a key. */
export const PEM_BODY = `(?:${BASE64}|${BREAK}){40,400}`

/** Minimum length of the body of a key, and maximum of what identifies it, in characters of base64. */
const SHORTEST_BODY = 40
const LONGEST_IDENTITY = 160
const LEAST_ENTROPY = 2.8

/** Returns the beginning of a key's body without line breaks and escapes: the same for all spellings of the key. */
export function bodyOfKey([, body = '']: RegExpExecArray): string {
  return body.replace(/\\r|\\n|[\\\s]/g, '').slice(0, LONGEST_IDENTITY)
}

/** Returns whether the body of a key is random. It may have runs of `A`, where its bytes are zero. */
export function hasKeyBody(match: RegExpExecArray): boolean {
  const body = bodyOfKey(match)
  return body.length >= SHORTEST_BODY && entropyOf(body) >= LEAST_ENTROPY
}

/** Returns whether base64 is that of `user:password`, and the password is not a placeholder or a word. */
export function hasCredentials([, base64 = '']: RegExpExecArray): boolean {
  const [, password] = /^[\x21-\x39\x3b-\x7e]{1,64}:([\x20-\x7e]{8,256})$/.exec(decoded(base64)) ?? []
  return password !== undefined && isPassword(password)
}

/** Returns whether the text of an element is a password: no reference, no word, and not encrypted by Maven, which is in braces. */
export function hasElementPassword([, password = '']: RegExpExecArray): boolean {
  return /\d/.test(password) && /[A-Za-z]/.test(password) && isPassword(password)
}

function isPassword(password: string): boolean {
  const match = [password, password] as unknown as RegExpExecArray
  return (
    weaknessOf(password) === undefined &&
    hasPassword(match) &&
    !/example|placeholder|changeme/i.test(password)
  )
}

/** Returns whether base64 is that of a JSON web token. */
export function hasDecodedJwt([, base64 = '']: RegExpExecArray): boolean {
  const [, header = ''] = /^(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,}\.[\w-]{20}/.exec(decoded(base64)) ?? []
  return /"alg"\s*:/.test(decoded(header))
}

/** Returns whether a text is random as a whole. */
export function hasRandomText(text: string): boolean {
  return hasRandomPart([text, text] as unknown as RegExpExecArray)
}

/** Returns whether the first group has letters of both cases. */
export function hasBothCases([, random = '']: RegExpExecArray): boolean {
  return /[a-z]/.test(random) && /[A-Z]/.test(random)
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}
