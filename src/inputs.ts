import { isIP } from 'node:net'
import { parseArgsStringToArgv } from 'string-argv'
import type { PrivilegesWanted } from './engine/privileges.js'
import { Failure, messageOf } from './errors.js'
import { cracOptionIn, LEAVE_TO_ACTION } from './image/jvm-variables.js'
import { DISTRIBUTIONS, parseVersionRequest, type Distribution, type VersionRequest } from './jdk/asset.js'
import type { Readiness } from './probe/readiness.js'
import { parseReadyUrl, parseWarmUp, type WarmUpLine } from './probe/request-lines.js'
import { parseReference, type Reference } from './registry/reference.js'
import type { Budgets } from './restore/budgets.js'
import type { Secret } from './secrets/needles.js'
import { parseSecretValues } from './secrets/values.js'
import {
  badInput,
  parseBoolean,
  parseChoice,
  parseCount,
  parseDuration,
  parseLines,
  parsePairs,
  parsePort,
  parseRatio,
  parseSize,
  refuseNul,
  type Milliseconds
} from './values.js'

/** Of `verify-runs`: more tell nothing new. */
const MOST_RUNS = 100

/** The names of the inputs, as action.yml declares them. */
export const INPUT_NAMES = [
  'context',
  'application',
  'main-class',
  'file',
  'build-args',
  'base-image',
  'labels',
  'tags',
  'java-options',
  'arguments',
  'env',
  'distribution',
  'java-version',
  'jdk-file',
  'jdk-sha256',
  'engine',
  'criu',
  'on-unsupported-runner',
  'cpu-features',
  'port',
  'ready-url',
  'ready-command',
  'ready-log',
  'startup-timeout',
  'warmup',
  'warmup-script',
  'warmup-timeout',
  'checkpoint-timeout',
  'restore-timeout',
  'push-timeout',
  'network',
  'add-hosts',
  'privileges',
  'user',
  'on-restore-failure',
  'verify',
  'verify-runs',
  'max-restore-time',
  'min-speedup',
  'max-snapshot-size',
  'secret-scan',
  'secret-values',
  'skip-unchanged',
  'push',
  'github-token',
  'github-api-url'
] as const

export type InputName = (typeof INPUT_NAMES)[number]

/** What the user asked for, checked. */
export interface Inputs {
  /** Folder that holds the built application, as the user wrote it. */
  context: string
  /** What to run, relative to the context; found by looking when absent. */
  application: string | undefined
  mainClass: string | undefined
  /** A Dockerfile of the user's own, as the user wrote it. */
  file: string | undefined
  buildArgs: Record<string, string>
  baseImage: string
  labels: Record<string, string>
  tags: Reference[]
  javaOptions: string[]
  arguments: string[]
  env: Record<string, string>
  distribution: Distribution
  javaVersion: VersionRequest
  /** Archive for the distribution `file`, as the user wrote it. */
  jdkFile: string | undefined
  /** Lower-case hexadecimal. */
  jdkSha256: string | undefined
  /** What takes the snapshot: CRIU, or the JVM itself. */
  engine: 'auto' | 'criu' | 'warp'
  criu: 'auto' | 'bundled' | 'system'
  onUnsupportedRunner: 'fail' | 'skip' | 'cold'
  cpuFeatures: string
  port: number
  readiness: Readiness
  startupTimeout: Milliseconds
  /** undefined: nothing was asked for. */
  warmup: WarmUpLine[] | undefined
  /** As the user wrote it. */
  warmupScript: string | undefined
  warmupTimeout: Milliseconds
  checkpointTimeout: Milliseconds
  restoreTimeout: Milliseconds
  pushTimeout: Milliseconds
  network: string | undefined
  addHosts: string[]
  privileges: PrivilegesWanted
  user: { uid: number; gid: number }
  onRestoreFailure: 'start' | 'exit'
  /** How many restores and cold starts are timed; 0: the image is restored once, and nothing is timed. */
  verifyRuns: number
  budgets: Budgets
  secretScan: 'fail' | 'warn' | 'off'
  secretValues: Secret[]
  skipUnchanged: boolean
  push: boolean
  githubToken: string | undefined
  githubApiUrl: URL
}

/** Reads and checks every input. `get` gives the trimmed text of one; empty means not given. */
export function readInputs(get: (name: InputName) => string): Inputs {
  const port = parsePort('port', get('port'))
  const distribution = parseChoice('distribution', get('distribution'), DISTRIBUTIONS)
  const jdkFile = optional(path('jdk-file', get('jdk-file')))
  if ((distribution === 'file') !== (jdkFile !== undefined)) {
    throw badInput(
      'jdk-file',
      jdkFile ?? '',
      'an archive together with `distribution: file`, and none otherwise'
    )
  }
  const file = optional(path('file', get('file')))
  for (const name of ['application', 'main-class'] as const) {
    if (file !== undefined && get(name) !== '') {
      throw badInput(name, get(name), `either \`file\` or \`${name}\`: a Dockerfile says itself what to run`)
    }
  }
  const tags = parseLines('tags', get('tags'))
    .flatMap((line) => line.split(','))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .map(parseReference)
  const push = parseBoolean('push', get('push'))
  if (push && tags.length === 0) {
    throw badInput('tags', '', 'at least one tag when `push` is true, for example ghcr.io/acme/hello:crac')
  }
  const skipUnchanged = parseBoolean('skip-unchanged', get('skip-unchanged'))
  if (skipUnchanged && tags.length === 0) {
    throw badInput('tags', '', 'at least one tag when `skip-unchanged` is true: it is where to look')
  }
  const verify = parseBoolean('verify', get('verify'))
  const runs = parseCount('verify-runs', get('verify-runs'), MOST_RUNS)
  const verifyRuns = verify ? runs : 0
  return {
    context: path('context', get('context') || '.'),
    application: optional(path('application', get('application'))),
    mainClass: mainClass(get('main-class')),
    file,
    buildArgs: parsePairs('build-args', get('build-args'), /^[A-Za-z_][A-Za-z0-9_]*$/),
    baseImage: imageName('base-image', get('base-image')),
    labels: parsePairs('labels', get('labels'), /^[^\s"'=-][^\s"'=]*$/),
    tags,
    javaOptions: javaOptions(get('java-options')),
    arguments: parseLines('arguments', get('arguments')),
    env: environment(get('env')),
    distribution,
    javaVersion: parseVersionRequest(get('java-version')),
    jdkFile,
    jdkSha256: sha256('jdk-sha256', get('jdk-sha256')),
    engine: parseChoice('engine', get('engine'), ['auto', 'criu', 'warp']),
    criu: parseChoice('criu', get('criu'), ['auto', 'bundled', 'system']),
    onUnsupportedRunner: parseChoice('on-unsupported-runner', get('on-unsupported-runner'), [
      'fail',
      'skip',
      'cold'
    ]),
    cpuFeatures: cpuFeatures(get('cpu-features')),
    port,
    readiness: readiness(get, port),
    startupTimeout: parseDuration('startup-timeout', get('startup-timeout')),
    warmup: get('warmup') === '' ? undefined : parseWarmUp('warmup', get('warmup'), `localhost:${port}`),
    warmupScript: optional(path('warmup-script', get('warmup-script'))),
    warmupTimeout: parseDuration('warmup-timeout', get('warmup-timeout')),
    checkpointTimeout: parseDuration('checkpoint-timeout', get('checkpoint-timeout')),
    restoreTimeout: parseDuration('restore-timeout', get('restore-timeout')),
    pushTimeout: parseDuration('push-timeout', get('push-timeout')),
    network: network(get('network')),
    addHosts: addHosts(get('add-hosts')),
    privileges: parseChoice('privileges', get('privileges'), ['auto', 'least', 'privileged']),
    user: user(get('user')),
    onRestoreFailure: parseChoice('on-restore-failure', get('on-restore-failure'), ['start', 'exit']),
    verifyRuns,
    budgets: budgets(get, verifyRuns),
    secretScan: parseChoice('secret-scan', get('secret-scan'), ['fail', 'warn', 'off']),
    secretValues: readSecretValues(get),
    skipUnchanged,
    push,
    githubToken: token('github-token', get('github-token')),
    githubApiUrl: apiUrl('github-api-url', get('github-api-url'))
  }
}

/** What the kernel takes, in bytes. */
const LONGEST_PATH = 4095

/** Class names, commands and patterns that are longer are a mistake. In characters. */
const LONGEST_TEXT = 4096

function budgets(get: (name: InputName) => string, verifyRuns: number): Budgets {
  const given = <T>(name: InputName, parse: (name: string, value: string) => T): T | undefined =>
    get(name) === '' ? undefined : parse(name, get(name))
  for (const name of ['max-restore-time', 'min-speedup'] as const) {
    if (get(name) !== '' && verifyRuns === 0) {
      throw badInput(
        name,
        get(name),
        `\`${name}\` only where \`verify\` is true: without it nothing is timed`
      )
    }
  }
  return {
    restoreTime: given('max-restore-time', parseDuration),
    speedup: given('min-speedup', parseRatio),
    snapshotSize: given('max-snapshot-size', parseSize)
  }
}

/** The values of `secret-values` alone: they are masked before anything can be said of another input. */
export function readSecretValues(get: (name: InputName) => string): Secret[] {
  return parseSecretValues(get('secret-values'))
}

function optional(value: string): string | undefined {
  return value === '' ? undefined : value
}

function path(name: string, value: string): string {
  refuseNul(name, value)
  if (/[\r\n]/.test(value)) throw badInput(name, value, 'one path')
  if (Buffer.byteLength(value) > LONGEST_PATH)
    throw badInput(name, value, `a path of at most ${LONGEST_PATH} bytes`)
  return value
}

function mainClass(value: string): string | undefined {
  if (value === '') return undefined
  if (
    value.length > LONGEST_TEXT ||
    !/^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u.test(value)
  ) {
    throw badInput('main-class', value, 'the full name of a class, for example com.acme.Main')
  }
  return value
}

function imageName(name: string, value: string): string {
  if (!/^[a-zA-Z0-9][\w./:@-]{0,511}$/.test(value)) {
    throw badInput(name, value, 'the name of an image, for example debian:trixie-slim')
  }
  return value
}

// These belong to the action: the JVM must get them in its own argument vector, once, with the right values.
const OWN_OPTIONS = /^-XX:(CRaCCheckpointTo|CRaCRestoreFrom|CRaCMinPid|CPUFeatures)=/

function javaOptions(value: string): string[] {
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

function environment(value: string): Record<string, string> {
  const variables = parsePairs('env', value, /^[A-Za-z_][A-Za-z0-9_]*$/)
  const problem = cracOptionIn(Object.entries(variables).map((pair) => pair.join('=')))
  if (problem === undefined) return variables
  throw new Failure('input', `The input \`env\` ${problem}.`, { cure: LEAVE_TO_ACTION })
}

function sha256(name: string, value: string): string | undefined {
  if (value === '') return undefined
  if (!/^[0-9a-fA-F]{64}$/.test(value)) throw badInput(name, value, 'a sha256 digest: 64 hexadecimal digits')
  return value.toLowerCase()
}

function cpuFeatures(value: string): string {
  if (!/^(native|generic|ignore|0x[0-9a-fA-F]{1,16},0x[0-9a-fA-F]{1,16})$/.test(value)) {
    throw badInput(
      'cpu-features',
      value,
      '`generic`, `native`, `ignore` or two hexadecimal numbers (0x1,0x2)'
    )
  }
  return value
}

function readiness(get: (name: InputName) => string, port: number): Readiness {
  const url = parseReadyUrl('ready-url', get('ready-url'), port)
  const command = readyCommand(get('ready-command'))
  const log = readyLog(get('ready-log'))
  return { ...(url && { url }), ...(command && { command }), ...(log && { log }) }
}

function readyCommand(value: string): string[] | undefined {
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

function readyLog(value: string): RegExp | undefined {
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

function network(value: string): string | undefined {
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

function addHosts(value: string): string[] {
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

function user(value: string): { uid: number; gid: number } {
  const match = /^(\d{1,9}):(\d{1,9})$/.exec(value)
  const ids = { uid: Number(match?.[1]), gid: Number(match?.[2]) }
  if (!(ids.uid > 0 && ids.gid > 0)) {
    throw badInput('user', value, 'numbers of a user and a group other than root, for example 10001:10001')
  }
  return ids
}

function token(name: string, value: string): string | undefined {
  if (/^[\x21-\x7e]{0,8192}$/.test(value)) return optional(value)
  // Without the value: it is, or was meant to be, a secret.
  throw new Failure(
    'input',
    `The input \`${name}\` is no token: it has characters that no token has, or too many.`,
    {
      cure: 'Give `${{ github.token }}` or a secret with a token, or leave it out.'
    }
  )
}

function apiUrl(name: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw badInput(name, value, 'the URL of a GitHub API, for example https://api.github.com')
  }
  return url
}
