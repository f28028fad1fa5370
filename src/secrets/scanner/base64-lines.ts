import type { ConfirmedForm } from './confirmed.js'
import { phasesOf } from './encodings.js'

/** Maximum length of a part of base64 that finds it, in characters: of two adjacent parts, one is in a line of 64 or more as a whole. */
const LONGEST_PART = 32
const SHORTEST_PART = 5
/** Minimum length of a line, in characters: PEM has 64, MIME has 76. */
const SHORTEST_LINE = 60
/** Maximum length of a line break and white space, in characters. */
const LONGEST_BREAK = 6

/** Returns base64 of the value with line breaks, real or escaped, as MIME, PEM and `openssl base64` write it. */
export function base64InLines(value: string): ConfirmedForm[] {
  return phasesOf(Buffer.from(value, 'utf8')).flatMap((text) => {
    const size = Math.min(LONGEST_PART, Math.floor(text.length / 2))
    if (size < SHORTEST_PART) return []
    const after = text.length + (Math.floor(text.length / SHORTEST_LINE) + 1) * LONGEST_BREAK
    return [0, size].map((first) => ({
      encoding: 'base64 in lines',
      bytes: Buffer.from(text.slice(first, first + size)),
      confirmation: {
        before: first + LONGEST_BREAK,
        after,
        find(bytes, found) {
          const begin = beginOf(bytes, text.slice(0, first), found)
          const end = begin === undefined ? undefined : endOf(bytes, text.slice(first), found, found + after)
          // Without a line break another pattern finds it.
          return begin === undefined || end === undefined || end - begin === text.length
            ? undefined
            : [begin, end]
        }
      }
    }))
  })
}

/** Returns where a text begins that ends at a position, with breaks in it; undefined if it is not there. */
function beginOf(bytes: Buffer, text: string, end: number): number | undefined {
  let at = end
  let breaks = LONGEST_BREAK
  for (let left = text.length; left > 0;) {
    const escaped = isEscape(bytes, at - 2)
    const length = escaped ? 2 : isSpace(bytes[at - 1]) ? 1 : 0
    breaks -= length
    if (breaks < 0 || (length === 0 && bytes[at - 1] !== text.charCodeAt(--left))) return undefined
    at -= Math.max(length, 1)
  }
  return at
}

/** Returns where a text ends that begins at a position, with breaks in it; undefined if it does not end before another position. */
function endOf(bytes: Buffer, text: string, begin: number, most: number): number | undefined {
  let at = begin
  for (let next = 0; next < text.length;) {
    const length = isEscape(bytes, at) ? 2 : isSpace(bytes[at]) ? 1 : 0
    if (at >= most || (length === 0 && bytes[at] !== text.charCodeAt(next++))) return undefined
    at += Math.max(length, 1)
  }
  return at
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13)
}

/** Returns whether `\n` or `\r` is at a position. */
function isEscape(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x5c && (bytes[at + 1] === 0x6e || bytes[at + 1] === 0x72)
}
