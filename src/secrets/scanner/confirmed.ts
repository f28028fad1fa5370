import { derivedTexts } from './encodings.js'

/** Decides whether an occurrence of a pattern is part of the value, by the bytes around it. */
export interface Confirmation {
  /** Maximum number of bytes that are read in front of the pattern. */
  before: number
  /** Maximum number of bytes that are read from the beginning of the pattern on. */
  after: number
  /** Returns whether the bytes next to the pattern may belong to the value: most of a word that is in all texts do not. */
  mayHold?: (bytes: Buffer, at: number) => boolean
  /** Returns where the encoded value begins and ends; undefined where the pattern is not a part of it. */
  find: (bytes: Buffer, at: number) => [begin: number, end: number] | undefined
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
/** Maximum length of one escaped character, such as `&amp;amp;#x0000026;`. */
const LONGEST_ESCAPE = 20

/**
 * Returns the value in all spellings of the escapes of JSON, URLs, HTML, XML, YAML, properties files, shells and quoted-printable,
 * also twice, except the spellings that derivedTexts returns. A run of letters and digits, which all of them leave as it is, finds
 * them; a value without a run of four has only the spellings of derivedTexts.
 */
export function escapedForms(value: string): ConfirmedForm[] {
  if (value.length > LONGEST_ESCAPED || /^[A-Za-z0-9]*$/.test(value)) return []
  if (MANY_QUOTES.test(value)) return []
  const anchor = anchorOf(value)
  if (anchor === undefined) return []
  const known = new Set([value, ...derivedTexts(value).map(([, text]) => text)])
  const at = value.indexOf(anchor)
  const [front = [], back = []] = [value.slice(0, at), value.slice(at + anchor.length)].map(partsOf)
  return ([1, 2] as const).map((width) => {
    const charset = width === 1 ? 'latin1' : 'utf16le'
    // Both sides begin at the anchor.
    const near = new RegExp(`(?<=${front.at(-1) ?? ''})${anchor}${back[0] ?? ''}`, 'y')
    const search = new RegExp(`(?<=(${front.join('')}))${anchor}(${back.join('')})`, 'y')
    const before = at * LONGEST_ESCAPE * width
    const after = (value.length - at) * LONGEST_ESCAPE * width
    return {
      encoding: width === 1 ? 'escaped' : 'escaped in utf-16le',
      bytes: Buffer.from(anchor, charset),
      confirmation: {
        before,
        after,
        mayHold(bytes, found) {
          // A character next to the anchor can be two escapes.
          const start = found - Math.min(LONGEST_ESCAPE * 2 * width, found - (found % width))
          near.lastIndex = (found - start) / width
          const end = found + (anchor.length + LONGEST_ESCAPE * 2) * width
          return near.test(bytes.toString(charset, start, end))
        },
        find(bytes, found) {
          const start = found - Math.min(before, found - (found % width))
          search.lastIndex = (found - start) / width
          const match = search.exec(bytes.toString(charset, start, found + after))
          if (match === null) return undefined
          const [rest, lead = ''] = match
          if (isKnown(lead + rest, known, width)) return undefined
          return [found - lead.length * width, found + rest.length * width]
        }
      }
    }
  })
}

/** Returns patterns for the characters of a text in all spellings. */
function partsOf(text: string): string[] {
  return [...text.matchAll(/\\+|[^\\]/gu)].map(([part]) => spellings(part))
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
  const hex = code.toString(16)
  // Of YAML, and of JavaScript.
  const points = [`\\\\{1,4}U${anyCase(hex.padStart(8, '0'))}`, `\\\\{1,4}u\\{0{0,4}${anyCase(hex)}\\}`]
  const encoded = [...new Set([Buffer.from(part, 'utf8'), Buffer.from(part, 'latin1')])]
  const bytes = encoded.map((one) => [...one].map((byte) => byte.toString(16).padStart(2, '0')))
  const quoted = part === "'" ? ["''", `'\\\\''`] : part === '"' ? ['""'] : []
  const plain = /^[\x20-\x5b\x5d-\x7e]$/.test(part)
  return `(?:${[
    unicode,
    ...points,
    ...bytes.map((pairs) => pairs.map((pair) => `%(?:25){0,2}${anyCase(pair)}`).join('')),
    ...bytes.map((pairs) => pairs.map((pair) => `=${pair.toUpperCase()}`).join('')),
    ...bytes.map((pairs) => pairs.map((pair) => `\\\\{1,4}x${anyCase(pair)}`).join('')),
    `&(?:amp;){0,2}(?:#0{0,4}${code}|#[xX]0{0,4}${anyCase(hex)}|[A-Za-z]{2,8});`,
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
