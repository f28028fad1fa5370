import { looksRandom, weaknessOf, type Weakness } from './strength.js'

/** A value that must not be in the image. For the login at a registry, base64 of `user:password` is a second one. */
export interface Secret {
  name: string
  value: string
}

interface EncodedText {
  /** Name of the encoding, such as `utf-16le`, `base64` or `json in utf-16le`. */
  encoding: string
  bytes: Buffer
}

/** Bytes to search for. The encoding of a piece of a value begins with `piece in `. */
export interface Needle extends EncodedText {
  secret: string
}

export interface WeakSecret {
  secret: string
  reason: Weakness
}

/** Minimum length of a piece of a value with several lines, in characters. */
const SHORTEST_PIECE = 16

/**
 * Returns the byte patterns of the secrets, without white space around them. Weak secrets have no patterns. Two secrets of the
 * same value have the same patterns under both names.
 */
export function needlesOf(secrets: readonly Secret[]): { needles: Needle[]; weak: WeakSecret[] } {
  const needles: Needle[] = []
  const weak: WeakSecret[] = []
  for (const { name, value } of secrets) {
    const text = wellFormed(value).trim()
    const reason = weaknessOf(text)
    if (reason === undefined) needles.push(...needlesOfValue(name, text))
    else weak.push({ secret: name, reason })
  }
  return { needles, weak }
}

function needlesOfValue(secret: string, value: string): Needle[] {
  const pieces = piecesOf(value).flatMap((piece) => plainForms(piece))
  const forms = [
    ...formsOf(value),
    ...pieces.map(({ encoding, bytes }) => ({ encoding: `piece in ${encoding}`, bytes }))
  ]
  return distinct(forms).map((form) => ({ secret, ...form }))
}

/**
 * Returns the pieces of a value with several lines (real ones, or `\n` in a JSON text) that are searched for separately: programs
 * read a private key line by line, and parse a file of settings. A piece is a run of base64 characters that looks like key
 * material: the header of a PEM block, the names in a JSON text and the addresses of a service account are in libraries too.
 */
function piecesOf(value: string): string[] {
  if (!/[\r\n]|\\n/.test(value)) return []
  const pieces = value.split(/\\[nr]|[^A-Za-z0-9+/=_-]/)
  return pieces.filter((piece) => piece.length >= SHORTEST_PIECE && looksRandom(piece))
}

/** Replaces halves of surrogate pairs, which do not exist in UTF-8. */
function wellFormed(value: string): string {
  return Buffer.from(value, 'utf8').toString('utf8')
}

/**
 * Returns a value in every encoding that a Java program is likely to use. A Java String is Latin-1 or UTF-16LE, a char[] UTF-16LE,
 * network data mostly UTF-8. Several forms can have the same bytes. Base64 with line breaks, compressed and encrypted
 * data are not included.
 */
export function formsOf(value: string): EncodedText[] {
  return [
    ...plainForms(value),
    ...derivedTexts(value).flatMap(([encoding, text]) => derivedForms(encoding, text))
  ]
}

/** Returns the forms without duplicates of the same bytes. */
function distinct(forms: readonly EncodedText[]): EncodedText[] {
  const seen = new Set<string>()
  return forms.filter(({ bytes }) => {
    const key = bytes.toString('latin1')
    return !seen.has(key) && seen.add(key)
  })
}

/** Returns the text as a String, a char[], and network data contain it. */
function plainForms(value: string): EncodedText[] {
  return [
    { encoding: 'utf-8', bytes: Buffer.from(value, 'utf8') },
    ...latin1Of(value).map((bytes) => ({ encoding: 'latin-1', bytes })),
    { encoding: 'utf-16le', bytes: Buffer.from(value, 'utf16le') },
    { encoding: 'utf-16be', bytes: Buffer.from(value, 'utf16le').swap16() }
  ]
}

/** Returns an escaped or encoded text as byte[] and as char[]: Jackson and Tomcat use both. */
function derivedForms(encoding: string, text: string): EncodedText[] {
  return [
    { encoding, bytes: Buffer.from(text, 'utf8') },
    ...latin1Of(text).map((bytes) => ({ encoding: `${encoding} in latin-1`, bytes })),
    { encoding: `${encoding} in utf-16le`, bytes: Buffer.from(text, 'utf16le') }
  ]
}

/** Returns the bytes in Latin-1; an empty list if the text has other characters. */
function latin1Of(text: string): Buffer[] {
  return [...text].every((character) => character <= '\xff') ? [Buffer.from(text, 'latin1')] : []
}

/** Returns the value as it is escaped or encoded inside other texts: [encoding, text]. */
function derivedTexts(value: string): [string, string][] {
  const json = JSON.stringify(value).slice(1, -1)
  return [
    ...[Buffer.from(value, 'utf8'), ...latin1Of(value)].flatMap((bytes) => [
      ...phasesOf(bytes).flatMap((text): [string, string][] => [
        ['base64', text],
        ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')]
      ]),
      ['hex', bytes.toString('hex')] as [string, string],
      ['hex upper case', bytes.toString('hex').toUpperCase()] as [string, string]
    ]),
    ['url', encodeURIComponent(value)],
    ['form', formEncoded(value)],
    ['json', json],
    ['json ascii', unicodeEscaped(json, /[^\x20-\x7e]/g)],
    // Default of Gson: https://github.com/google/gson/blob/main/UserGuide.md
    ['json html', unicodeEscaped(json, /[<>&='\u2028\u2029]/g)],
    ['properties', propertiesEscaped(value)],
    ['xml', xmlEscaped(value)]
  ]
}

/**
 * Returns base64 of the bytes after 0, 1 and 2 other bytes, cut to the characters that depend on these bytes only: a character
 * encodes 6 bits.
 */
function phasesOf(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
}

/** Encodes a value like java.net.URLEncoder. */
function formEncoded(value: string): string {
  const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, percent)
    .replaceAll('%20', '+')
}

/** Escapes a value like java.util.Properties.store. */
function propertiesEscaped(value: string): string {
  const short: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }
  const escaped = value.replace(/[\\=:#!\t\n\r\f]/g, (character) => short[character] ?? `\\${character}`)
  return unicodeEscaped(escaped, /[^\x20-\x7e]/g, true)
}

function unicodeEscaped(text: string, which: RegExp, upperCase = false): string {
  return text.replace(which, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upperCase ? code.toUpperCase() : code}`
  })
}

function xmlEscaped(value: string): string {
  const entities: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
  return value.replace(/[&<>"']/g, (character) => `&${entities[character] ?? ''};`)
}
