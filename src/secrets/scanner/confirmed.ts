import { phasesOf, derivedTexts } from './encodings.js'

/** Decides whether an occurrence of a pattern is part of the value, by the bytes around it. */
export interface Confirmation {
  /** Maximum number of bytes that are read in front of the pattern. */
  before: number
  /** Maximum number of bytes that are read from the beginning of the pattern on. */
  after: number
  holds: (bytes: Buffer, at: number) => boolean
}

export interface ConfirmedForm {
  encoding: string
  /** Part of the encoded value that is the same in all of its spellings. */
  bytes: Buffer
  confirmation: Confirmation
}

/** Maximum length of a value whose spellings are searched for, in characters: programs take longer ones apart. */
const LONGEST_ESCAPED = 400
/** Quotes that may be doubled: the pattern of more could be slow. */
const MANY_QUOTES = /(['"])\1{6}/
/** Maximum length of one escaped character, such as `&amp;#x0026;`. */
const LONGEST_ESCAPE = 16

/**
 * Returns the value in all spellings of the escapes of JSON, URLs, HTML, XML, YAML, properties files, shells and quoted-printable,
 * also twice, except the spellings that derivedTexts returns. A run of letters and digits, which all of them leave as it is, finds
 * them; a value without a run of four has only the spellings of derivedTexts.
 */
export function escapedForms(value: string): ConfirmedForm[] {
  if (value.length > LONGEST_ESCAPED || /^[\w.~-]*$/.test(value)) return []
  if (MANY_QUOTES.test(value)) return []
  const anchor = anchorOf(value)
  if (anchor === undefined) return []
  const pattern = [...value.matchAll(/\\+|[^\\]/gu)].map(([part]) => spellings(part)).join('')
  const known = new Set([value, ...derivedTexts(value).map(([, text]) => text)])
  const at = value.indexOf(anchor)
  return ([1, 2] as const).map((width) => {
    const charset = width === 1 ? 'latin1' : 'utf16le'
    const search = new RegExp(pattern, 'g')
    const before = at * LONGEST_ESCAPE * width
    const after = (value.length - at) * LONGEST_ESCAPE * width
    return {
      encoding: width === 1 ? 'escaped' : 'escaped in utf-16le',
      bytes: Buffer.from(anchor, charset),
      confirmation: {
        before,
        after,
        holds(bytes, found) {
          const start = found - Math.min(before, found - (found % width))
          const text = bytes.toString(charset, start, found + after)
          const inText = (found - start) / width
          return [...text.matchAll(search)].some(
            ({ 0: match, index }) =>
              index <= inText && inText < index + match.length && !isKnown(match, known, width)
          )
        }
      }
    }
  })
}

/** Returns whether another pattern finds this spelling. */
function isKnown(match: string, known: ReadonlySet<string>, width: 1 | 2): boolean {
  return known.has(match) || (width === 1 && known.has(Buffer.from(match, 'latin1').toString('utf8')))
}

/** Returns the run of letters and digits that is the least common in other data; undefined if all are short. */
function anchorOf(value: string): string | undefined {
  const rarity = (run: string): number =>
    run.length + (/\d/.test(run) ? 3 : 0) + (/[A-Z]/.test(run) && /[a-z]/.test(run) ? 3 : 0)
  return (value.match(/[A-Za-z0-9]{4,}/g) ?? []).sort((one, other) => rarity(other) - rarity(one))[0]
}

/** Escapes of control characters in JSON, Java, properties files and YAML. */
const SHORT: Record<string, string> = { '\n': 'n', '\r': 'r', '\t': 't', '\f': 'f', '\b': 'b' }

/** Returns a pattern for one character, or for a run of backslashes, in all spellings. */
function spellings(part: string): string {
  if (/^[A-Za-z0-9]$/.test(part)) return part
  if (/^\\{2,}$/.test(part)) return `\\\\{${part.length},${part.length * 4}}`
  const code = part.codePointAt(0) ?? 0
  const units = [...Array(part.length).keys()].map((index) => part.charCodeAt(index))
  const unicode = units.map((unit) => `\\\\{1,4}u${anyCase(unit.toString(16).padStart(4, '0'))}`).join('')
  const encoded = [...new Set([Buffer.from(part, 'utf8'), Buffer.from(part, 'latin1')])]
  const bytes = encoded.map((one) => [...one].map((byte) => byte.toString(16).padStart(2, '0')))
  const quoted = part === "'" ? ["''", `'\\\\''`] : part === '"' ? ['""'] : []
  const plain = /^[\x20-\x5b\x5d-\x7e]$/.test(part)
  return `(?:${[
    unicode,
    ...bytes.map((pairs) => pairs.map((pair) => `%(?:25){0,2}${anyCase(pair)}`).join('')),
    ...bytes.map((pairs) => pairs.map((pair) => `=${pair.toUpperCase()}`).join('')),
    ...bytes.map((pairs) => pairs.map((pair) => `\\\\{1,4}x${anyCase(pair)}`).join('')),
    `&(?:amp;){0,2}(?:#0{0,4}${code}|#[xX]0{0,4}${anyCase(code.toString(16))}|[A-Za-z]{2,8});`,
    ...(part in SHORT ? [`\\\\{1,4}${SHORT[part]}`] : []),
    ...(part === ' ' ? ['\\+'] : []),
    ...quoted,
    ...(part === '\\' ? ['\\\\{1,8}'] : plain ? [`\\\\{0,7}${literal(part)}`] : [literal(part)]),
    ...(code > 0x7f ? [literal(Buffer.from(part, 'utf8').toString('latin1'))] : [])
  ].join('|')})`
}

function literal(text: string): string {
  return [...text].map((one) => (/[\w\s]/.test(one) ? one : one.replace(/[^\p{L}]/u, '\\$&'))).join('')
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

/** Maximum length of a part of base64 that finds it, in characters: of two adjacent parts, one is in a line of 64 or more as a whole. */
const LONGEST_PART = 32
const SHORTEST_PART = 5
/** Minimum length of a line, in characters: PEM has 64, MIME has 76. */
const SHORTEST_LINE = 60

/** Returns base64 of the value with line breaks, real or escaped, as MIME, PEM and `openssl base64` write it. */
export function base64InLines(value: string): ConfirmedForm[] {
  return phasesOf(Buffer.from(value, 'utf8')).flatMap((text) => {
    const size = Math.min(LONGEST_PART, Math.floor(text.length / 2))
    if (size < SHORTEST_PART) return []
    // A line break and white space of at most 6 characters.
    const longest = text.length + (Math.floor(text.length / SHORTEST_LINE) + 1) * 6
    return [0, size].map((begin) => ({
      encoding: 'base64 in lines',
      bytes: Buffer.from(text.slice(begin, begin + size)),
      confirmation: {
        before: begin + 6,
        after: longest,
        holds: (bytes, found) => {
          const raw = bytes.toString('latin1', Math.max(0, found - begin - 6), found + longest)
          return !raw.includes(text) && raw.replace(/\\[rn]|\s/g, '').includes(text)
        }
      }
    }))
  })
}
