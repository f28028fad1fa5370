import {
  optional,
  parseAddHosts,
  parseApiUrl,
  parseCpuFeatures,
  parseEnvironment,
  parseImageName,
  parseJavaOptions,
  parseMainClass,
  parseNetwork,
  parsePath,
  parseReadyCommand,
  parseReadyLog,
  parseSha256,
  parseToken,
  parseUser
} from './grammar.js'
import type { InputName, Inputs } from './inputs.js'
import { DISTRIBUTIONS, parseVersionRequest } from '../jdk/asset.js'
import type { Readiness } from '../probe/readiness.js'
import { parseReadyUrl, parseWarmUp } from '../probe/request-lines.js'
import { parseReference } from '../registry/reference.js'
import type { Budgets } from '../proof/budgets.js'
import type { Secret } from '../secrets/needles.js'
import { parseSecretValues } from '../secrets/values.js'
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
  parseSize
} from '../lib/values.js'

/** Of `verify-runs`: more tell nothing new. */
const MOST_RUNS = 100

/** Reads and checks every input. `get` gives the trimmed text of one; empty means not given. */
export function readInputs(get: (name: InputName) => string): Inputs {
  const port = parsePort('port', get('port'))
  const distribution = parseChoice('distribution', get('distribution'), DISTRIBUTIONS)
  const jdkFile = optional(parsePath('jdk-file', get('jdk-file')))
  if ((distribution === 'file') !== (jdkFile !== undefined)) {
    throw badInput(
      'jdk-file',
      jdkFile ?? '',
      'an archive together with `distribution: file`, and none otherwise'
    )
  }
  const file = optional(parsePath('file', get('file')))
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
    context: parsePath('context', get('context') || '.'),
    application: optional(parsePath('application', get('application'))),
    mainClass: parseMainClass(get('main-class')),
    file,
    buildArgs: parsePairs('build-args', get('build-args'), /^[A-Za-z_][A-Za-z0-9_]*$/),
    baseImage: parseImageName('base-image', get('base-image')),
    labels: parsePairs('labels', get('labels'), /^[^\s"'=-][^\s"'=]*$/),
    tags,
    javaOptions: parseJavaOptions(get('java-options')),
    arguments: parseLines('arguments', get('arguments')),
    env: parseEnvironment(get('env')),
    distribution,
    javaVersion: parseVersionRequest(get('java-version')),
    jdkFile,
    jdkSha256: parseSha256('jdk-sha256', get('jdk-sha256')),
    engine: parseChoice('engine', get('engine'), ['auto', 'criu', 'warp']),
    criu: parseChoice('criu', get('criu'), ['auto', 'bundled', 'system']),
    onUnsupportedRunner: parseChoice('on-unsupported-runner', get('on-unsupported-runner'), [
      'fail',
      'skip',
      'cold'
    ]),
    cpuFeatures: parseCpuFeatures(get('cpu-features')),
    port,
    readiness: readiness(get, port),
    startupTimeout: parseDuration('startup-timeout', get('startup-timeout')),
    warmup: get('warmup') === '' ? undefined : parseWarmUp('warmup', get('warmup'), `localhost:${port}`),
    warmupScript: optional(parsePath('warmup-script', get('warmup-script'))),
    warmupTimeout: parseDuration('warmup-timeout', get('warmup-timeout')),
    checkpointTimeout: parseDuration('checkpoint-timeout', get('checkpoint-timeout')),
    restoreTimeout: parseDuration('restore-timeout', get('restore-timeout')),
    pushTimeout: parseDuration('push-timeout', get('push-timeout')),
    network: parseNetwork(get('network')),
    addHosts: parseAddHosts(get('add-hosts')),
    privileges: parseChoice('privileges', get('privileges'), ['auto', 'least', 'privileged']),
    user: parseUser(get('user')),
    onRestoreFailure: parseChoice('on-restore-failure', get('on-restore-failure'), ['start', 'exit']),
    verifyRuns,
    budgets: budgets(get, verifyRuns),
    secretScan: parseChoice('secret-scan', get('secret-scan'), ['fail', 'warn', 'off']),
    secretValues: readSecretValues(get),
    skipUnchanged,
    push,
    githubToken: parseToken('github-token', get('github-token')),
    githubApiUrl: parseApiUrl('github-api-url', get('github-api-url'))
  }
}

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

function readiness(get: (name: InputName) => string, port: number): Readiness {
  const url = parseReadyUrl('ready-url', get('ready-url'), port)
  const command = parseReadyCommand(get('ready-command'))
  const log = parseReadyLog(get('ready-log'))
  return { ...(url && { url }), ...(command && { command }), ...(log && { log }) }
}
