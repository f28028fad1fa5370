/** The grammar of single inputs: each gives its value, or a Failure of kind `input` that says what is expected. */
import { isIP } from 'node:net'
import { parseArgsStringToArgv } from 'string-argv'
import { Failure, messageOf } from '../lib/errors.js'
import { cracOptionIn, LEAVE_TO_ACTION } from '../image/jvm-variables.js'
import { badInput, parseLines, parsePairs, refuseNul } from '../lib/values.js'

/** What the kernel takes, in bytes. */
const LONGEST_PATH = 4095

/** Class names, commands and patterns that are longer are a mistake. In characters. */
const LONGEST_TEXT = 4096

export function optional(value: string): string | undefined {
  return value === '' ? undefined : value
}

export function parsePath(name: string, value: string): string {
  refuseNul(name, value)
  if (/[\r\n]/.test(value)) throw badInput(name, value, 'one path')
  if (Buffer.byteLength(value) > LONGEST_PATH)
    throw badInput(name, value, `a path of at most ${LONGEST_PATH} bytes`)
  return value
}

export function parseMainClass(value: string): string | undefined {
  if (value === '') return undefined
  if (
    value.length > LONGEST_TEXT ||
    !/^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u.test(value)
  ) {
    throw badInput('main-class', value, 'the full name of a class, for example com.acme.Main')
  }
  return value
}

export function parseImageName(name: string, value: string): string {
  if (!/^[a-zA-Z0-9][\w./:@-]{0,511}$/.test(value)) {
    throw badInput(name, value, 'the name of an image, for example debian:trixie-slim')
  }
  return value
}

// These belong to the action: the JVM must get them in its own argument vector, once, with the right values.
const OWN_OPTIONS = /^-XX:(CRaCCheckpointTo|CRaCRestoreFrom|CRaCMinPid|CPUFeatures)=/

export function parseJavaOptions(value: string): string[] {
  const options = parseLines('java-options', value)
  for (const option of options) {
    if (!option.startsWith('-')) {
      throw badInput('java-options', option, 'options of the JVM, one a line, each with its leading dash')
    }
    if (OWN_OPTIONS.test(option)) {
      throw badInput('java-options', option, 'no option that the action sets itself (see `cpu-features`)')
    }
  }
  return options
}

export function parseEnvironment(value: string): Record<string, string> {
  const variables = parsePairs('env', value, /^[A-Za-z_][A-Za-z0-9_]*$/)
  const problem = cracOptionIn(Object.entries(variables).map((pair) => pair.join('=')))
  if (problem === undefined) return variables
  throw new Failure('input', `The input \`env\` ${problem}.`, { fix: LEAVE_TO_ACTION })
}

export function parseSha256(name: string, value: string): string | undefined {
  if (value === '') return undefined
  if (!/^[0-9a-fA-F]{64}$/.test(value)) throw badInput(name, value, 'a sha256 digest: 64 hexadecimal digits')
  return value.toLowerCase()
}

export function parseCpuFeatures(value: string): string {
  if (!/^(native|generic|ignore|0x[0-9a-fA-F]{1,16},0x[0-9a-fA-F]{1,16})$/.test(value)) {
    throw badInput(
      'cpu-features',
      value,
      '`generic`, `native`, `ignore` or two hexadecimal numbers (0x1,0x2)'
    )
  }
  return value
}

export function parseReadyCommand(value: string): string[] | undefined {
  refuseNul('ready-command', value)
  const words = parseArgsStringToArgv(value)
  // It stands where `docker exec` would take an option for its own.
  if (words[0]?.startsWith('-') || value.length > LONGEST_TEXT) {
    throw badInput(
      'ready-command',
      value,
      `a program in the image, and its arguments, in at most ${LONGEST_TEXT} characters`
    )
  }
  return words.length === 0 ? undefined : words
}

export function parseReadyLog(value: string): RegExp | undefined {
  if (value === '') return undefined
  if (value.length > LONGEST_TEXT)
    throw badInput('ready-log', value, `a regular expression of at most ${LONGEST_TEXT} characters`)
  try {
    return new RegExp(value, 'u')
  } catch (error) {
    // `Invalid regular expression: /.../u: Unterminated group`
    const why = messageOf(error).slice(messageOf(error).lastIndexOf(':') + 1)
    throw badInput('ready-log', value, `a regular expression that can be read (${why.trim()})`)
  }
}

export function parseNetwork(value: string): string | undefined {
  if (value === '') return undefined
  if (!/^[a-zA-Z0-9][\w.-]{0,127}$/.test(value) || value === 'none') {
    throw badInput(
      'network',
      value,
      'the name of a network of the engine, for example ${{ job.container.network }}'
    )
  }
  return value
}

export function parseAddHosts(value: string): string[] {
  return parseLines('add-hosts', value).map((line) => {
    const [, name = '', address = ''] = /^([a-zA-Z0-9][\w.-]{0,252})[:=](.+)$/.exec(line) ?? []
    if (name === '' || !(address === 'host-gateway' || isIP(address.replace(/^\[|\]$/g, '')))) {
      throw badInput(
        'add-hosts',
        line,
        'lines of the form name:address, for example db:10.0.0.5 or host:host-gateway'
      )
    }
    return `${name}:${address}`
  })
}

export function parseUser(value: string): { uid: number; gid: number } {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(value)
  const ids = { uid: Number(match?.[1]), gid: Number(match?.[2]) }
  if (!(ids.uid > 0 && ids.gid > 0)) {
    throw badInput('user', value, 'numbers of a user and a group other than root, for example 10001:10001')
  }
  return ids
}

export function parseToken(name: string, value: string): string | undefined {
  if (/^[\x21-\x7e]{0,8192}$/.test(value)) return optional(value)
  // Without the value: it is, or was meant to be, a secret.
  throw new Failure(
    'input',
    `The input \`${name}\` is no token: it has characters that no token has, or too many.`,
    {
      fix: 'Give `${{ github.token }}` or a secret with a token, or leave it out.'
    }
  )
}

export function parseApiUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw badInput(name, value, 'the URL of a GitHub API, for example https://api.github.com')
  }
  return url
}
