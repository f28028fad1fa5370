import { DISTRIBUTIONS, parseVersionRequest } from '../jdk/asset.js'
import { parseBoolean, parseDuration, parseLines, parseRatio, parseSize, wholeNumber } from '../lib/values.js'
import { parseReadyUrl, parseWarmUp } from '../probe/request-lines.js'
import { parseSecretValues } from '../secrets/sources.js'
import * as grammar from './grammar.js'
import { choice } from './grammar.js'

/** Parses one input; the third argument gives the text of other inputs that its meaning depends on. */
type InputParser<T> = (name: string, value: string, textOf: TextOf) => T

/** Returns the trimmed text of an input; an empty text means that the input was not given. */
type TextOf = (name: string) => string

interface InputSpec<T = unknown> {
  parse: InputParser<T>
  /**
   * Whether another value makes another image, so that `skip-unchanged` has to build again. The fingerprint contains the
   * value itself (`true`), or what the value leads to, such as files or the digest of the JDK (`resolved`).
   */
  changesImage: boolean | 'resolved'
}

function input<T>(parse: InputParser<T>, options: { changesImage: boolean | 'resolved' }): InputSpec<T> {
  return { parse, ...options }
}

function optional<T>(parse: InputParser<T>): InputParser<T | undefined> {
  return (name, value, textOf) => (value === '' ? undefined : parse(name, value, textOf))
}

const parsePort = wholeNumber(65535, 'a port')
const portOf = (textOf: TextOf): number => parsePort('port', textOf('port'))

/** Maximum of `verify-runs`: more runs do not make the medians more exact. */
const MAX_RUNS = 100

/**
 * The inputs, one row each; action.yml has their defaults and descriptions. A field of `Inputs` is named after its input:
 * `java-options` is `javaOptions`.
 */
export const INPUTS = {
  context: input((name, value) => grammar.path(name, value || '.'), { changesImage: 'resolved' }),
  application: input(optional(grammar.path), { changesImage: 'resolved' }),
  'main-class': input(optional(grammar.className), { changesImage: 'resolved' }),
  'java-options': input(grammar.javaOptions, { changesImage: true }),
  arguments: input(parseLines, { changesImage: true }),
  env: input(grammar.environment, { changesImage: true }),
  port: input(parsePort, { changesImage: true }),
  file: input(optional(grammar.path), { changesImage: 'resolved' }),
  'build-args': input(grammar.variables, { changesImage: 'resolved' }),

  distribution: input(choice(...DISTRIBUTIONS), { changesImage: 'resolved' }),
  'java-version': input((_, value) => parseVersionRequest(value), { changesImage: 'resolved' }),
  'jdk-file': input(optional(grammar.path), { changesImage: 'resolved' }),
  'jdk-sha256': input(optional(grammar.sha256), { changesImage: 'resolved' }),

  'ready-url': input((name, value, textOf) => parseReadyUrl(name, value, portOf(textOf)), {
    changesImage: true
  }),
  'ready-command': input(grammar.command, { changesImage: true }),
  'ready-log': input(optional(grammar.regularExpression), { changesImage: true }),
  'startup-timeout': input(parseDuration, { changesImage: false }),
  warmup: input(
    optional((name, value, textOf) => parseWarmUp(name, value, `localhost:${portOf(textOf)}`)),
    { changesImage: 'resolved' }
  ),
  'warmup-script': input(optional(grammar.path), { changesImage: 'resolved' }),
  'warmup-timeout': input(parseDuration, { changesImage: false }),

  engine: input(choice('auto', 'criu', 'warp'), { changesImage: true }),
  criu: input(choice('auto', 'bundled', 'system'), { changesImage: true }),
  'cpu-features': input(grammar.cpuFeatures, { changesImage: true }),
  privileges: input(choice('auto', 'least', 'privileged'), { changesImage: true }),
  memory: input(choice('mapped', 'loaded'), { changesImage: true }),
  'on-unsupported-runner': input(choice('fail', 'skip', 'cold'), { changesImage: false }),
  'on-restore-failure': input(choice('start', 'exit'), { changesImage: true }),
  'checkpoint-timeout': input(parseDuration, { changesImage: false }),
  'restore-timeout': input(parseDuration, { changesImage: false }),

  // The proof and the secret scan leave no trace in the image, but an image that did not pass them is another image.
  verify: input(parseBoolean, { changesImage: true }),
  /** The number of restores and cold starts that are timed; 0 if `verify` is false. */
  'verify-runs': input(
    (name, value, textOf) =>
      wholeNumber(MAX_RUNS)(name, value) * Number(parseBoolean('verify', textOf('verify'))),
    { changesImage: false }
  ),
  'max-restore-time': input(optional(parseDuration), { changesImage: true }),
  'min-speedup': input(optional(parseRatio), { changesImage: true }),
  'max-snapshot-size': input(optional(parseSize), { changesImage: true }),

  'secret-scan': input(choice('fail', 'warn', 'off'), { changesImage: true }),
  'secret-values': input((_, value) => parseSecretValues(value), { changesImage: false }),

  tags: input(grammar.tags, { changesImage: false }),
  push: input(parseBoolean, { changesImage: false }),
  'skip-unchanged': input(parseBoolean, { changesImage: false }),
  'push-timeout': input(parseDuration, { changesImage: false }),

  'base-image': input(grammar.imageName, { changesImage: 'resolved' }),
  labels: input(grammar.labels, { changesImage: true }),
  user: input(grammar.user, { changesImage: true }),
  network: input(optional(grammar.network), { changesImage: false }),
  'add-hosts': input(grammar.hosts, { changesImage: false }),
  'github-token': input(optional(grammar.token), { changesImage: false }),
  'github-api-url': input(grammar.httpUrl, { changesImage: false })
} satisfies Record<string, InputSpec>

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
