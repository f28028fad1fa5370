export interface EncodedText {
  /** Name of the encoding, such as `utf-16le`, `base64` or `json in utf-16le`. */
  encoding: string
  bytes: Buffer
}

/**
 * Returns a value in every encoding that a Java program is likely to use, each in its usual spelling (confirmed.ts has the others).
 * A Java String is Latin-1 or UTF-16LE, a char[] UTF-16LE, network data mostly UTF-8. Several forms can have the same bytes.
 */
export function formsOf(value: string): EncodedText[] {
  return [
    ...plainForms(value),
    ...derivedTexts(value).flatMap(([encoding, text]) => derivedForms(encoding, text)),
    // What getBytes(UTF_16LE) leads to.
    ...base64OfUtf16(value).map(([encoding, text]) => ({ encoding, bytes: Buffer.from(text) }))
  ]
}

/** Returns the text as a String, a char[], and network data contain it. */
export function plainForms(value: string): EncodedText[] {
  return [
    { encoding: 'utf-8', bytes: Buffer.from(value, 'utf8') },
    ...latin1Of(value).map((bytes) => ({ encoding: 'latin-1', bytes })),
    ...(value.length > [...value].length
      ? [{ encoding: 'modified utf-8', bytes: modifiedUtf8Of(value) }]
      : []),
    { encoding: 'utf-16le', bytes: Buffer.from(value, 'utf16le') },
    { encoding: 'utf-16be', bytes: Buffer.from(value, 'utf16le').swap16() }
  ]
}

/** Encodes a text like java.io.DataOutputStream.writeUTF and class files: each half of a surrogate pair by itself. */
function modifiedUtf8Of(text: string): Buffer {
  const bytesOf = (unit: number): number[] => [
    0xe0 | (unit >> 12),
    0x80 | ((unit >> 6) & 0x3f),
    0x80 | (unit & 0x3f)
  ]
  return Buffer.concat(
    [...text].map((character) =>
      character.length === 1
        ? Buffer.from(character, 'utf8')
        : Buffer.from([...bytesOf(character.charCodeAt(0)), ...bytesOf(character.charCodeAt(1))])
    )
  )
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
export function latin1Of(text: string): Buffer[] {
  return [...text].every((character) => character <= '\xff') ? [Buffer.from(text, 'latin1')] : []
}

/** Returns the value as it is escaped or encoded inside other texts: [encoding, text]. */
export function derivedTexts(value: string): [string, string][] {
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

function base64OfUtf16(value: string): [string, string][] {
  const littleEndian = Buffer.from(value, 'utf16le')
  const bigEndian = Buffer.from(littleEndian).swap16()
  return [
    ...phasesOf(littleEndian).map((text): [string, string] => ['base64 of utf-16le', text]),
    ...phasesOf(bigEndian).map((text): [string, string] => ['base64 of utf-16be', text])
  ]
}

/**
 * Returns base64 of the bytes after 0, 1 and 2 other bytes, cut to the characters that depend on these bytes only: a character
 * encodes 6 bits.
 */
export function phasesOf(bytes: Buffer): string[] {
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
