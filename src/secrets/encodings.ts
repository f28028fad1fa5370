/** A value as it can stand in memory. */
export interface Form {
  /** Such as `utf-16le`, `base64` or `json in utf-16le`. */
  encoding: string
  bytes: Buffer
}

/**
 * A value in every encoding that a Java program is likely to hold it in. A Java String is Latin-1 or
 * UTF-16LE, a char[] UTF-16LE, what went over the network mostly UTF-8. Several forms can have the same
 * bytes. Not among them: base64 that is broken into lines, and what is compressed or encrypted.
 */
export function formsOf(value: string): Form[] {
  return [
    ...plainForms(value),
    ...derivedTexts(value).flatMap(([encoding, text]) => derivedForms(encoding, text))
  ]
}

/** The forms without those whose bytes an earlier one has. */
export function distinct(forms: readonly Form[]): Form[] {
  const seen = new Set<string>()
  return forms.filter(({ bytes }) => {
    const key = bytes.toString('latin1')
    return !seen.has(key) && seen.add(key)
  })
}

/** The text itself, as a String or char[] of Java or bytes of the network has it. */
export function plainForms(value: string): Form[] {
  return [
    { encoding: 'utf-8', bytes: Buffer.from(value, 'utf8') },
    ...latin1Of(value).map((bytes) => ({ encoding: 'latin-1', bytes })),
    { encoding: 'utf-16le', bytes: Buffer.from(value, 'utf16le') },
    { encoding: 'utf-16be', bytes: Buffer.from(value, 'utf16le').swap16() }
  ]
}

/** JSON, headers and the like are written through byte[] and through char[]: Jackson and Tomcat use both. */
function derivedForms(encoding: string, text: string): Form[] {
  return [
    { encoding, bytes: Buffer.from(text, 'utf8') },
    ...latin1Of(text).map((bytes) => ({ encoding: `${encoding} in latin-1`, bytes })),
    { encoding: `${encoding} in utf-16le`, bytes: Buffer.from(text, 'utf16le') }
  ]
}

/** The Latin-1 bytes, if it has all characters of the text. */
function latin1Of(text: string): Buffer[] {
  return [...text].every((character) => character <= '\xff') ? [Buffer.from(text, 'latin1')] : []
}

/** The value as other texts have it inside them: [encoding, text]. */
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
    // Gson does so unless told otherwise: https://github.com/google/gson/blob/main/UserGuide.md
    ['json html', unicodeEscaped(json, /[<>&='\u2028\u2029]/g)],
    ['properties', propertiesEscaped(value)],
    ['xml', xmlEscaped(value)]
  ]
}

/**
 * Base64 of the bytes behind 0, 1 and 2 other bytes, cut to the characters that hang on these bytes
 * alone: a character holds 6 bits.
 */
function phasesOf(bytes: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
}

/** As java.net.URLEncoder writes it. */
function formEncoded(value: string): string {
  const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(value)
    .replace(/[!'()~]/g, percent)
    .replaceAll('%20', '+')
}

/** As java.util.Properties.store writes a value. */
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
