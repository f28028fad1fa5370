// Parsers of single inputs. Each returns the value, or throws a Failure that says what was expected.
import { isIP } from 'node:net'
import { parseArgsStringToArgv } from 'string-argv'
import { cracOptionIn, LEAVE_TO_ACTION } from '../image/jvm-variables.js'
import { Failure, messageOf } from '../lib/errors.js'
import { LinePattern } from '../lib/line-pattern.js'
import { badInput, parseChoice, parseLines, refuseNul, type Bytes, type Parser } from '../lib/values.js'
import { parseReference, type Reference } from '../registry/reference.js'

/** Maximum length of a path that the kernel accepts. */
const MAX_PATH: Bytes = 4095

/** Maximum length of a command or a pattern, in characters. */
const MAX_TEXT = 4096

export function path(name: string, value: string): string {
  refuseNul(name, value)
  if (/[\r\n]/.test(value)) throw badInput(name, value, 'one path')
  if (Buffer.byteLength(value) > MAX_PATH) throw badInput(name, value, `a path of at most ${MAX_PATH} bytes`)
  return value
}

/** Returns a parser of texts that match the pattern. */
function matching(pattern: RegExp, expected: string): Parser<string> {
  return (name, value) => {
    if (value.length > MAX_TEXT || !pattern.test(value)) throw badInput(name, value, expected)
    return value
  }
}

export const className = matching(
  /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u,
  'the full name of a class, for example com.acme.Main'
)

export const imageName = matching(
  /^[a-zA-Z0-9][\w./:@-]{0,511}$/,
  'the name of an image, for example debian:trixie-slim'
)

export const imageWithDigest = matching(
  /^[a-zA-Z0-9][\w./:-]{0,400}@sha256:[0-9a-f]{64}$/,
  'the name of an image with its digest, for example ghcr.io/acme/criu@sha256:…'
)

export const cpuFeatures = matching(
  /^(native|generic|ignore|0x[0-9a-fA-F]{1,16},0x[0-9a-fA-F]{1,16})$/,
  '`generic`, `native`, `ignore` or two hexadecimal numbers (0x1,0x2)'
)

export const network = matching(
  /^(?!none$)[a-zA-Z0-9][\w.-]{0,127}$/,
  'the name of a Docker network, for example ${{ job.services.postgres.network }}'
)

const sha256Digits = matching(/^[0-9a-fA-F]{64}$/, 'a sha256 digest: 64 hexadecimal digits')

/** Parses a digest; returns it in lower case. */
export const sha256: Parser<string> = (name, value) => sha256Digits(name, value).toLowerCase()

/** Returns a parser of one of a few words. */
export function choice<const T extends string>(...choices: T[]): Parser<T> {
  return (name, value) => parseChoice(name, value, choices)
}

/** Returns a parser of lines `NAME=value`; the pattern says what a name may be. */
export function pairs(namePattern: RegExp): Parser<Record<string, string>> {
  return (name, value) => {
    const entries = parseLines(name, value).map((line): [string, string] => {
      const separator = line.indexOf('=')
      const key = separator < 0 ? line : line.slice(0, separator)
      // The value may be a secret: the message shows the name only.
      if (separator < 1 || !namePattern.test(key)) throw badInput(name, key, 'lines of the form NAME=value')
      return [key, line.slice(separator + 1)]
    })
    return Object.fromEntries(entries)
  }
}

export const variables = pairs(/^[A-Za-z_][A-Za-z0-9_]*$/)

export const stage = matching(
  /^[a-zA-Z0-9][\w.-]{0,127}$/,
  'the name of a stage of the Dockerfile (FROM ... AS name)'
)

/** Parses secrets of a build, `id=value` a line. The ids are words: docker reads commas in its option as separators. */
export const buildSecrets = pairs(/^[A-Za-z0-9_][\w.-]*$/)

/** Parses lines for `docker build --ssh`: `default`, or an id with the path of an agent's socket or a key. */
export function buildSsh(name: string, value: string): string[] {
  const lines = parseLines(name, value)
  for (const line of lines) {
    if (!/^[A-Za-z0-9_][\w.-]*(=[^,\s]+(,[^,\s]+)*)?$/.test(line))
      throw badInput(
        name,
        line,
        '`default`, or lines of the form id=path of a key or of the socket of an agent'
      )
  }
  return lines
}

export const labels = pairs(/^[^\s"'=-][^\s"'=]*$/)

/** Names that are not identifiers too, such as `spring.datasource.url`; Docker reads a line with # in front as a comment. */
const anyVariables = pairs(/^[^\s"'=#-][^\s"'=]*$/)

/** Parses the environment of the application; refuses variables that set CRaC options. */
export function environment(name: string, value: string): Record<string, string> {
  const given = anyVariables(name, value)
  const problem = cracOptionIn(Object.entries(given).map((pair) => pair.join('=')))
  if (problem === undefined) return given
  throw new Failure('input', `Invalid input \`${name}\`: it ${problem}.`, { fix: LEAVE_TO_ACTION })
}

/** Parses tags, separated by line ends or commas. */
export function tags(name: string, value: string): Reference[] {
  return parseLines(name, value)
    .flatMap((line) => line.split(','))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .map(parseReference)
}

/** Parses a command line; returns the program and its arguments, undefined if there are none. */
export function command(name: string, value: string): string[] | undefined {
  refuseNul(name, value)
  const words = parseArgsStringToArgv(value)
  // `docker exec` would read a first word with a dash as an option of its own.
  if (words[0]?.startsWith('-') || value.length > MAX_TEXT) {
    const expected = `a program in the image with its arguments, at most ${MAX_TEXT} characters`
    throw badInput(name, value, expected)
  }
  return words.length === 0 ? undefined : words
}

/** Parses the start command of an image; returns its words, the first of which is java, or undefined if there are none. */
export function javaCommand(name: string, value: string): string[] | undefined {
  const words = command(name, value)
  if (words === undefined || /(^|\/)java$/.test(words[0] ?? '')) return words
  throw badInput(name, value, 'a command with java first, for example java -jar /app/app.jar')
}

export function linePattern(name: string, value: string): LinePattern {
  if (value.length > MAX_TEXT)
    throw badInput(name, value, `a regular expression of at most ${MAX_TEXT} characters`)
  try {
    return new LinePattern(value)
  } catch (error) {
    // Node's message is `Invalid regular expression: /.../u: Unterminated group`.
    const reason = messageOf(error).slice(messageOf(error).lastIndexOf(':') + 1)
    throw badInput(name, value, `a valid regular expression (${reason.trim()})`)
  }
}

/** Parses lines `name:address` or `name=address`; returns them with a colon. */
export function hosts(name: string, value: string): string[] {
  return parseLines(name, value).map((line) => {
    const [, host, address = ''] = /^([a-zA-Z0-9][\w.-]{0,252})[:=](.+)$/.exec(line) ?? []
    if (host === undefined || !(address === 'host-gateway' || isIP(address.replace(/^\[|\]$/g, '')))) {
      const expected = 'lines of the form name:address, for example db:10.0.0.5 or host:host-gateway'
      throw badInput(name, line, expected)
    }
    return `${host}:${address}`
  })
}

export function user(name: string, value: string): { uid: number; gid: number } {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(value)
  const ids = { uid: Number(match?.[1]), gid: Number(match?.[2]) }
  if (ids.uid > 0 && ids.gid > 0) return ids
  throw badInput(name, value, 'the numbers of a user and a group other than root, for example 10001:10001')
}

export function token(name: string, value: string): string {
  if (/^[\x21-\x7e]{0,8192}$/.test(value)) return value
  // The message omits the value, which is a secret or was meant to be one.
  throw new Failure('input', `Invalid input \`${name}\`: it is not a token.`, {
    fix: 'Use `${{ github.token }}` or a secret with a token: at most 8192 visible ASCII characters.'
  })
}

export function httpUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw badInput(name, value, 'the URL of a GitHub API, for example https://api.github.com')
}
