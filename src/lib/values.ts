import { Failure } from './errors.js'
import { quoted } from './text.js'

/** A span of time in milliseconds. */
export type Milliseconds = number

const UNIT: Record<string, number> = { ms: 1, s: 1000, m: 60_000 }
const LONGEST_DURATION: Milliseconds = 6 * 60 * 60_000

/** An input that cannot be used, and what it should look like. */
export function badInput(name: string, value: string, expected: string): Failure {
  return new Failure('input', `The input \`${name}\` is ${quoted(value)}.`, { fix: `Give ${expected}.` })
}

/** `500ms`, `90s`, `5m`: between 1 ms and 6 hours. */
export function parseDuration(name: string, value: string): Milliseconds {
  const match = /^(\d{1,9})(ms|s|m)$/.exec(value)
  const duration = Number(match?.[1]) * (UNIT[match?.[2] ?? ''] ?? NaN)
  if (!(duration >= 1 && duration <= LONGEST_DURATION)) {
    throw badInput(name, value, 'a duration such as 500ms, 90s or 5m, of six hours at most')
  }
  return duration
}

const SIZE_UNIT: Record<string, number> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3
}

/** `200MB`, `1.5GB`, `512MiB`: a number of bytes. */
export function parseSize(name: string, value: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([kKMG]?i?B)$/.exec(value)
  const size = Number(match?.[1]) * (SIZE_UNIT[match?.[2] ?? ''] ?? NaN)
  if (!(size >= 1)) throw badInput(name, value, 'a size such as 200MB, 1.5GB or 512MiB')
  return Math.floor(size)
}

/** A whole number from 1 to `most`. */
export function parseCount(name: string, value: string, most: number): number {
  const count = /^\d{1,9}$/.test(value) ? Number(value) : 0
  if (count < 1 || count > most) throw badInput(name, value, `a whole number between 1 and ${most}`)
  return count
}

/** How many times as much: `3` or `2.5`. */
export function parseRatio(name: string, value: string): number {
  const ratio = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : 0
  if (ratio <= 0) throw badInput(name, value, 'a number above 0, such as 3 or 2.5')
  return ratio
}

/** `true` or `false`, as YAML 1.2 writes them. */
export function parseBoolean(name: string, value: string): boolean {
  if (/^(true|True|TRUE)$/.test(value)) return true
  if (/^(false|False|FALSE)$/.test(value)) return false
  throw badInput(name, value, '`true` or `false`')
}

/** A TCP port. */
export function parsePort(name: string, value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
  if (port < 1 || port > 65535) throw badInput(name, value, 'a port between 1 and 65535')
  return port
}

/** One of a few words. */
export function parseChoice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw badInput(name, value, `one of: ${choices.join(', ')}`)
  return choice
}

/** The docker command takes no longer lines from a file, and the kernel not much longer arguments. In bytes. */
const LONGEST_ENTRY = 60_000

/** One entry a line; blank lines and white space around an entry do not count. */
export function parseLines(name: string, value: string): string[] {
  refuseNul(name, value)
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  for (const line of lines) {
    if (Buffer.byteLength(line) > LONGEST_ENTRY)
      throw badInput(name, line, `entries of at most ${LONGEST_ENTRY} bytes each`)
  }
  return lines
}

/** `NAME=value`, one a line. The pattern says what a name may be. */
export function parsePairs(name: string, value: string, namePattern: RegExp): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const line of parseLines(name, value)) {
    const separator = line.indexOf('=')
    const key = separator < 0 ? line : line.slice(0, separator)
    // The value may be a secret: the message shows the name only.
    if (separator < 1 || !namePattern.test(key)) {
      throw badInput(name, key, 'lines of the form NAME=value')
    }
    pairs[key] = line.slice(separator + 1)
  }
  return pairs
}

export function refuseNul(name: string, value: string): void {
  if (value.includes('\0')) throw badInput(name, value, 'text without NUL characters')
}

/** For messages; of 10^6 bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** The same, of a size that may be small. */
export function sizeText(bytes: number): string {
  return bytes < 100_000 ? `${bytes} bytes` : megabytes(bytes)
}

/** For messages. */
export function seconds(duration: Milliseconds): string {
  return `${duration / 1000} s`
}
