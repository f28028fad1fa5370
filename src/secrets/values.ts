import { Failure } from '../lib/errors.js'
import type { Secret } from './needles.js'

const BEGIN = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\s*$/

/**
 * The values of the input `secret-values`: one a line, but a PEM block is one value, and so is a JSON object that
 * begins with a line `{`. Each is named after the line that it begins in. A PEM block without its end is a Failure that shows
 * nothing of it.
 */
export function parseSecretValues(input: string): Secret[] {
  const lines = input.split(/\r?\n/)
  const secrets: Secret[] = []
  for (let at = 0; at < lines.length;) {
    const end = endOfBlock(lines, at)
    const value = lines.slice(at, end).join('\n').trim()
    if (value !== '') secrets.push({ name: `secret-values line ${at + 1}`, value })
    at = end
  }
  return secrets
}

/** The texts that a log must not show: GitHub looks for each as a whole, and prints line by line. */
export function masksOf({ value }: Secret): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  // A line such as `}` stands in every log.
  return [value, ...(lines.length > 1 ? lines.filter((line) => line.length >= 8) : [])]
}

/** The index behind the last line of what begins in a line. */
function endOfBlock(lines: readonly string[], at: number): number {
  const kind = BEGIN.exec(lines[at] ?? '')?.[1]
  if (kind !== undefined) {
    const end = lines.findIndex((line, index) => index > at && line.trim() === `-----END ${kind}-----`)
    if (end >= 0) return end + 1
    throw new Failure(
      'input',
      `The input \`secret-values\` has a PEM block in line ${at + 1} without its end.`,
      {
        fix: 'Give the whole block, from its line BEGIN to its line END, or one value a line.'
      }
    )
  }
  if (lines[at]?.trim() === '{') {
    for (let end = at + 2; end <= lines.length; end++) {
      if (lines[end - 1]?.trim().startsWith('}') && isJson(lines.slice(at, end).join('\n'))) return end
    }
  }
  return at + 1
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
