import { stripVTControlCharacters } from 'node:util'

// Makes untrusted text (inputs, logs, responses of servers) safe to show.

/** Invisible characters with an effect: control characters, other line ends, and marks that change the direction of text. */
const UNSEEN = /(?![\t\n])\p{Cc}|[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** Maximum length of a sentence, in characters. */
const LONGEST_SENTENCE = 2000

/** Maximum length of a quotation in a message, in characters. */
const LONGEST_QUOTATION = 200

/** Returns a text without characters that control a terminal or hide text; line ends and tabs stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replace(/\p{Cs}/gu, '\ufffd'))
    .replace(/\r\n?/g, '\n')
    .replace(UNSEEN, '')
}

/** Returns a text as one line of at most `longest` characters. */
export function oneLine(text: string, longest = LONGEST_SENTENCE): string {
  // The text may be long: the rest is not processed.
  const line = plainText(text.slice(0, 2 * longest)).replace(/(?<!\s)\s*\n\s*|\t/g, ' ')
  return line.length > longest || text.length > 2 * longest ? `${cut(line, longest)}...` : line
}

/** Returns an input for a message: in quotation marks, on one line, cut. */
export function quoted(text: string): string {
  const shown = text.length > LONGEST_QUOTATION ? `${cut(text, LONGEST_QUOTATION)}...` : text
  return JSON.stringify(shown).replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** Returns a text of at most `most` bytes: in a longer one, a line replaces the middle. */
export function withoutMiddle(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  const half = Math.floor((most - 100) / 2)
  const [begin, end] = [bytes.subarray(0, half), bytes.subarray(-half)].map((part) =>
    part.toString('utf8').replace(/^\ufffd+|(?<!\ufffd)\ufffd+$/g, '')
  )
  return `${begin}\n[${bytes.length - 2 * half} bytes are left out here; the logs have them]\n${end}`
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
