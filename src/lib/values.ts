import { Failure } from './errors.js'
import { quoted } from './text.js'

/** A span of time in milliseconds. */
export type Milliseconds = number

/** A number of bytes. */
export type Bytes = number

/** Returns the value of an input, or throws a Failure that says what was expected. */
export type Parser<T> = (name: string, value: string) => T

/** The failure for the value of an input that cannot be used; `expected` completes "Use ...". */
export function badInput(name: string, value: string, expected: string): Failure {
  return new Failure('input', `Invalid input \`${name}\`: ${quoted(value)}.`, { fix: `Use ${expected}.` })
}

const TIME_UNIT: Record<string, Milliseconds> = { ms: 1, s: 1000, m: 60_000 }
const MAX_DURATION: Milliseconds = 6 * 60 * 60_000

/** Parses a duration such as `500ms`, `90s` or `5m`, between 1 ms and 6 hours. */
export function parseDuration(name: string, value: string): Milliseconds {
  const match = /^(\d{1,9})(ms|s|m)$/.exec(value)
  const duration = Number(match?.[1]) * (TIME_UNIT[match?.[2] ?? ''] ?? NaN)
  if (!(duration >= 1 && duration <= MAX_DURATION)) {
    throw badInput(name, value, 'a duration such as 500ms, 90s or 5m, of at most six hours')
  }
  return duration
}

const SIZE_UNIT: Record<string, Bytes> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3
}

/** Parses a size such as `200MB`, `1.5GB` or `512MiB`. */
export function parseSize(name: string, value: string): Bytes {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([kKMG]?i?B)$/.exec(value)
  const size = Number(match?.[1]) * (SIZE_UNIT[match?.[2] ?? ''] ?? NaN)
  if (!(size >= 1)) throw badInput(name, value, 'a size such as 200MB, 1.5GB or 512MiB')
  return Math.floor(size)
}

/** Returns a parser of whole numbers from 1 to a maximum; `what` names them in messages. */
export function wholeNumber(maximum: number, what = 'a whole number'): Parser<number> {
  return (name, value) => {
    const count = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (count < 1 || count > maximum) throw badInput(name, value, `${what} between 1 and ${maximum}`)
    return count
  }
}

/** Parses a ratio such as `3` or `2.5`. */
export function parseRatio(name: string, value: string): number {
  const ratio = /^\d{1,6}(\.\d{1,3})?$/.test(value) ? Number(value) : 0
  if (ratio <= 0) throw badInput(name, value, 'a number above 0, such as 3 or 2.5')
  return ratio
}

/** Parses `true` or `false`, as YAML 1.2 writes them. */
export function parseBoolean(name: string, value: string): boolean {
  if (/^(true|True|TRUE)$/.test(value)) return true
  if (/^(false|False|FALSE)$/.test(value)) return false
  throw badInput(name, value, '`true` or `false`')
}

/** Returns the one of the choices that the value is. */
export function parseChoice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw badInput(name, value, `one of: ${choices.join(', ')}`)
  return choice
}

/** The docker command reads no longer lines from a file, and the kernel takes arguments that are not much longer. */
const MAX_ENTRY: Bytes = 60_000

/** Parses a list with one entry per line; blank lines and white space around an entry are ignored. */
export function parseLines(name: string, value: string): string[] {
  refuseNul(name, value)
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  for (const line of lines) {
    if (Buffer.byteLength(line) > MAX_ENTRY)
      throw badInput(name, line, `entries of at most ${MAX_ENTRY} bytes each`)
  }
  return lines
}

/** Throws a Failure for a value with NUL characters: neither the kernel nor Docker accepts them. */
export function refuseNul(name: string, value: string): void {
  if (value.includes('\0')) throw badInput(name, value, 'text without NUL characters')
}

/** The size as a message shows it, in units of 10^6 bytes. */
export function megabytes(bytes: Bytes): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

/** The size as a message shows it, in bytes where it is small. */
export function sizeText(bytes: Bytes): string {
  return bytes < 100_000 ? `${bytes} bytes` : megabytes(bytes)
}

/** The duration as a message about a wait shows it, without parts of a second. */
export function wholeSeconds(duration: Milliseconds): string {
  return `${Math.round(duration / 1000)} s`
}

/** The duration as a message shows it. */
export function seconds(duration: Milliseconds): string {
  return `${duration / 1000} s`
}

/** Returns the largest of numbers that are not negative, 0 for none; Math.max fails for more than 100,000. */
export function largest(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => Math.max(one, other), 0)
}
