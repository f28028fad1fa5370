import { DISTRIBUTIONS, parseVersionRequest } from '../jdk/asset.js'
import { parsePolicies } from '../application/resource-policies.js'
import { parseBoolean, parseDuration, parseLines, parseRatio, parseSize, wholeNumber } from '../lib/values.js'
import { parseReadyUrl, parseWarmUp } from '../probe/request-lines.js'
import { AUTO_RUNS, NO_RUNS, type Runs } from '../proof/runs.js'
import {
  secretsOfArguments,
  secretsOfCommand,
  secretsOfJavaOptions,
  secretsOfPairs
} from '../secrets/requests.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { secretsInText } from '../secrets/settings.js'
import { parseSecretValues, secretsOfValues } from '../secrets/sources.js'
import * as grammar from './grammar.js'
import { choice } from './grammar.js'
import { parseFileLines } from './file-lines.js'
import { javaOptions } from './java-options.js'
import { secretsOfReadyUrl, secretsOfWarmUp, type ReadText } from './request-secrets.js'

/** Parses one input; the third argument gives the text of other inputs that its meaning depends on. */
type InputParser<T> = (name: string, value: string, textOf: TextOf) => T

/** Returns the trimmed text of an input; an empty text means that the input was not given. */
type TextOf = (name: string) => string

interface InputSpec<T> {
  parse: InputParser<T>
  /**
   * Whether another value makes another image, so that `skip-unchanged` has to build again. The fingerprint contains the
   * value itself (`true`), or what the value leads to, such as files or the digest of the JDK (`resolved`).
   */
  changesImage: boolean | 'resolved'
  /** What of the value is a secret that must not be in the image, or why nothing of it is. */
  secrets: SecretsOf<T> | Harmless
}

/** Returns the secrets in the value of an input; `read` returns the text of a file of the workspace. */
type SecretsOf<T> = (name: string, value: T, read: ReadText) => Secret[] | Promise<Secret[]>

/** Why nothing of an input is a secret. */
export type Harmless = 'a path' | 'a name' | 'a number' | 'a choice' | 'a pattern'

/** A row as it is stored: the type of its value is that of its parser. */
interface StoredSpec<T> extends Omit<InputSpec<T>, 'secrets'> {
  secrets: SecretsOf<unknown> | Harmless
}

function input<T>(parse: InputParser<T>, options: Omit<InputSpec<T>, 'parse'>): StoredSpec<T> {
  const { changesImage, secrets } = options
  return { parse, changesImage, secrets: secrets as SecretsOf<unknown> | Harmless }
}

function optional<T>(parse: InputParser<T>): InputParser<T | undefined> {
  return (name, value, textOf) => (value === '' ? undefined : parse(name, value, textOf))
}

const parsePort = wholeNumber(65535, 'a port')
const portOf = (textOf: TextOf): number => parsePort('port', textOf('port'))

/** Maximum of `verify-runs`: more runs do not make the medians more exact. */
const MAX_RUNS = 100

const parseRuns: InputParser<Runs> = (name, value) => {
  if (value === 'auto') return AUTO_RUNS
  const runs = wholeNumber(MAX_RUNS, '`auto` or a number')(name, value)
  return { least: runs, most: runs }
}

/**
 * The inputs, one row each; action.yml has their defaults and descriptions. A field of `Inputs` is named after its input:
 * `java-options` is `javaOptions`.
 */
export const INPUTS = {
  context: input((name, value) => grammar.path(name, value || '.'), {
    changesImage: 'resolved',
    secrets: 'a path'
  }),
  application: input(optional(grammar.path), { changesImage: 'resolved', secrets: 'a path' }),
  'main-class': input(optional(grammar.className), { changesImage: 'resolved', secrets: 'a name' }),
  files: input(parseFileLines, { changesImage: 'resolved', secrets: 'a path' }),
  'java-options': input(javaOptions, { changesImage: true, secrets: secretsOfJavaOptions }),
  arguments: input(parseLines, { changesImage: true, secrets: secretsOfArguments }),
  env: input(grammar.environment, { changesImage: true, secrets: secretsOfPairs }),
  port: input(parsePort, { changesImage: true, secrets: 'a number' }),
  image: input(optional(grammar.imageName), { changesImage: 'resolved', secrets: 'a name' }),
  file: input(optional(grammar.path), { changesImage: 'resolved', secrets: 'a path' }),
  command: input(grammar.javaCommand, {
    changesImage: true,
    secrets: (name, words) => secretsOfCommand(name, words ?? [])
  }),
  'build-args': input(grammar.variables, { changesImage: 'resolved', secrets: secretsOfPairs }),
  'build-target': input(optional(grammar.stage), { changesImage: 'resolved', secrets: 'a name' }),
  'build-secrets': input(grammar.buildSecrets, {
    changesImage: 'resolved',
    // Some are files, such as an .npmrc: what is secret in them counts by itself too.
    secrets: (_, values) =>
      secretsOfValues(
        Object.entries(values).map(([name, value]) => ({ name: `build-secrets ${name}`, value }))
      )
  }),
  'build-ssh': input(grammar.buildSsh, { changesImage: false, secrets: 'a path' }),

  distribution: input(choice(...DISTRIBUTIONS), { changesImage: 'resolved', secrets: 'a choice' }),
  'java-version': input((_, value) => parseVersionRequest(value), {
    changesImage: 'resolved',
    secrets: 'a name'
  }),
  'jdk-file': input(optional(grammar.path), { changesImage: 'resolved', secrets: 'a path' }),
  'jdk-sha256': input(optional(grammar.sha256), { changesImage: 'resolved', secrets: 'a name' }),

  'ready-url': input((name, value, textOf) => parseReadyUrl(name, value, portOf(textOf)), {
    changesImage: true,
    secrets: secretsOfReadyUrl
  }),
  'ready-command': input(grammar.command, {
    changesImage: true,
    secrets: (name, words) => secretsOfArguments(name, words ?? [])
  }),
  'ready-log': input(optional(grammar.linePattern), { changesImage: true, secrets: 'a pattern' }),
  'startup-timeout': input(parseDuration, { changesImage: false, secrets: 'a number' }),
  warmup: input(
    optional((name, value, textOf) => parseWarmUp(name, value, `localhost:${portOf(textOf)}`)),
    { changesImage: 'resolved', secrets: secretsOfWarmUp }
  ),
  'warmup-script': input(optional(grammar.path), { changesImage: 'resolved', secrets: 'a path' }),
  'warmup-timeout': input(parseDuration, { changesImage: false, secrets: 'a number' }),

  'checkpoint-delay': input(optional(parseDuration), { changesImage: true, secrets: 'a number' }),
  'resource-policies': input(parsePolicies, { changesImage: true, secrets: 'a choice' }),
  engine: input(choice('auto', 'criu', 'warp'), { changesImage: true, secrets: 'a choice' }),
  criu: input(choice('auto', 'bundled', 'system'), { changesImage: true, secrets: 'a choice' }),
  'cpu-features': input(grammar.cpuFeatures, { changesImage: true, secrets: 'a choice' }),
  privileges: input(choice('auto', 'least', 'privileged'), { changesImage: true, secrets: 'a choice' }),
  memory: input(choice('mapped', 'loaded'), { changesImage: true, secrets: 'a choice' }),
  archive: input(choice('auto', 'aot', 'cds', 'off'), { changesImage: true, secrets: 'a choice' }),
  'on-unsupported-runner': input(choice('fail', 'skip', 'cold'), {
    changesImage: false,
    secrets: 'a choice'
  }),
  'on-checkpoint-failure': input(choice('fail', 'archive'), { changesImage: false, secrets: 'a choice' }),
  'on-restore-failure': input(choice('start', 'exit'), { changesImage: true, secrets: 'a choice' }),
  'checkpoint-timeout': input(parseDuration, { changesImage: false, secrets: 'a number' }),
  'restore-timeout': input(parseDuration, { changesImage: false, secrets: 'a number' }),

  // The proof and the secret scan leave no trace in the image, but an image that did not pass them is another image.
  verify: input(parseBoolean, { changesImage: true, secrets: 'a choice' }),
  /** The number of restores and cold starts that are timed; none if `verify` is false. */
  'verify-runs': input(
    (name, value, textOf) =>
      parseBoolean('verify', textOf('verify')) ? parseRuns(name, value, textOf) : NO_RUNS,
    { changesImage: false, secrets: 'a number' }
  ),
  'max-restore-time': input(optional(parseDuration), { changesImage: true, secrets: 'a number' }),
  'min-speedup': input(optional(parseRatio), { changesImage: true, secrets: 'a number' }),
  'max-snapshot-size': input(optional(parseSize), { changesImage: true, secrets: 'a number' }),

  'secret-scan': input(choice('fail', 'warn', 'off'), { changesImage: true, secrets: 'a choice' }),
  'secret-values': input((_, value) => parseSecretValues(value), {
    changesImage: false,
    secrets: (_, values) => secretsOfValues(values)
  }),

  tags: input(grammar.tags, { changesImage: false, secrets: 'a name' }),
  push: input(parseBoolean, { changesImage: false, secrets: 'a choice' }),
  'skip-unchanged': input(parseBoolean, { changesImage: false, secrets: 'a choice' }),
  'push-timeout': input(parseDuration, { changesImage: false, secrets: 'a number' }),

  'base-image': input(grammar.imageName, { changesImage: 'resolved', secrets: 'a name' }),
  'criu-image': input(optional(grammar.imageWithDigest), { changesImage: true, secrets: 'a name' }),
  'reuse-layers': input(parseBoolean, { changesImage: false, secrets: 'a choice' }),
  labels: input(grammar.labels, { changesImage: true, secrets: secretsOfPairs }),
  user: input(optional(grammar.user), { changesImage: true, secrets: 'a name' }),
  network: input(optional(grammar.network), { changesImage: false, secrets: 'a name' }),
  'add-hosts': input(grammar.hosts, { changesImage: false, secrets: 'a name' }),
  'github-token': input(optional(grammar.token), {
    changesImage: false,
    secrets: (name, value) => (value === undefined ? [] : [{ name, value }])
  }),
  'github-api-url': input(grammar.httpUrl, {
    changesImage: false,
    secrets: (name, { href }) => secretsInText(name, href)
  })
} satisfies Record<string, StoredSpec<unknown>>

export type InputName = keyof typeof INPUTS

export const INPUT_NAMES = Object.keys(INPUTS) as InputName[]

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S

/** The values of all inputs, checked. */
export type Inputs = { [Name in InputName as CamelCase<Name>]: ReturnType<(typeof INPUTS)[Name]['parse']> }

/** Returns the name of the field of `Inputs` for an input. */
export function fieldOf(name: InputName): keyof Inputs {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof Inputs
}
