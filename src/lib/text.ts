import { stripVTControlCharacters } from 'node:util'

// Text of others (inputs, logs, answers of servers), made fit to be shown to people.

/** What is not seen and yet acts: control characters, other ends of lines, and marks that turn text around. */
const UNSEEN = /(?![\t\n])\p{Cc}|[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** Longer sentences are cut. In characters. */
const LONGEST_SENTENCE = 2000

/** Longer inputs are cut where a message quotes them. In characters. */
const LONGEST_QUOTATION = 200

/** Without what would drive a terminal or hide text; line ends and tabs stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/\r\n?/g, '\n')
    .replace(UNSEEN, '')
}

/** The same as one line of bounded length. */
export function oneLine(text: string, longest = LONGEST_SENTENCE): string {
  // The rest is not even looked at: it may be long.
  const line = plainText(text.slice(0, 2 * longest)).replace(/\s*\n\s*|\t/g, ' ')
  return line.length > longest || text.length > 2 * longest ? `${cut(line, longest)}...` : line
}

/** An input as a message shows it: in quotation marks, on one line, cut. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_QUOTATION ? `${cut(text, LONGEST_QUOTATION)}...` : text
  return JSON.stringify(shown).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** Text of so many bytes at most: if it is longer, its middle is left out, and a line there says so. */
export function withoutMiddle(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  const half = Math.floor((most - 100) / 2)
  const [begin, end] = [bytes.subarray(0, half), bytes.subarray(-half)].map((part) =>
    part.toString('utf8').replace(/^\ufffd+|\ufffd+$/g, '')
  )
  return `${begin}\n[${bytes.length - 2 * half} bytes are left out here; the logs have them]\n${end}`
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
