import { Failure } from '../lib/errors.js'
import { FAMILIES } from './scanner/families.js'
import type { Secret } from './scanner/needles.js'

export interface InputsWithSecrets {
  secretValues: readonly Secret[]
  env: Readonly<Record<string, string>>
  buildArgs: Readonly<Record<string, string>>
  javaOptions: readonly string[]
  arguments: readonly string[]
  githubToken: string | undefined
}

export interface RegistryLogin {
  registry: string
  credentials: { kind: 'password'; username: string; password: string } | { kind: 'identity'; token: string }
}

/** Returns the secrets in the inputs: all of `secret-values`, the token, and the settings that look like secrets. */
export function secretsOfInputs(inputs: InputsWithSecrets): Secret[] {
  const { secretValues, env, buildArgs, javaOptions, githubToken } = inputs
  const settings = {
    env,
    'build-args': buildArgs,
    'java-options': pairsOf(javaOptions),
    arguments: pairsOf(inputs.arguments)
  }
  return [
    ...secretValues,
    ...Object.entries(settings).flatMap(([source, pairs]) =>
      Object.entries(pairs).flatMap(([name, value]) => secretsIn(source, name, value))
    ),
    ...(githubToken === undefined ? [] : [{ name: 'github-token', value: githubToken }])
  ]
}

/** Returns the settings among options: `-Dname=value`, `--name=value`. */
function pairsOf(options: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    options.flatMap((option) => {
      const [, name, value] = /^(?:-D|--)([^=]+)=(.*)$/s.exec(option) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    })
  )
}

/** Returns the secrets in the environment of the step, such as GITHUB_TOKEN and ACTIONS_RUNTIME_TOKEN. */
export function secretsOfRunner(environment: NodeJS.ProcessEnv): Secret[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    // secretsOfInputs reads the inputs.
    /^(INPUT|STATE)_|^CRAC_SECRET_VALUES$/.test(name) ? [] : secretsIn("the runner's", name, value)
  )
}

/** Returns the secrets of the logins at registries: the password, and base64 of user and password as HTTP headers contain it. */
export function secretsOfLogins(logins: readonly RegistryLogin[]): Secret[] {
  return logins.flatMap(({ registry, credentials }) => {
    const name = `login at ${registry}`
    if (credentials.kind === 'identity') return [{ name, value: credentials.token }]
    const { username, password } = credentials
    return [
      { name, value: password },
      {
        name: `${name} (user and password)`,
        value: Buffer.from(`${username}:${password}`).toString('base64')
      }
    ]
  })
}

/** Names of variables that contain a secret, unless NAME_OF_DESCRIPTION matches too. */
const NAME_OF_SECRET =
  /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY|(ACCESS|PRIVATE|ENCRYPTION|SIGNING|ACCOUNT|MASTER)_?KEY|_(PASS|PWD)$|^PASS$|CONNECTION_?STRING/

/** Ends of names of variables that contain a description or the location of a secret. */
const NAME_OF_DESCRIPTION =
  /(FILE|PATH|DIR|URL|URI|HOST|ENDPOINT|ISSUER|PROVIDER|NAME|USER|ID|ARN|ALIAS|TYPE|ALGORITHM|HEADER|SCOPE|TTL|EXPIRY|EXPIRATION|SECONDS|MINUTES|LENGTH|SIZE|LIMIT|ENABLED|REQUIRED|VERSION|REGION|LOCATION|STORE|SOCK)S?$/

/** Names of variables that contain public random values. */
const NAME_OF_PUBLIC =
  /(PUBLIC|COMMIT|SHA|SHA256|HASH|DIGEST|CHECKSUM|FINGERPRINT|REVISION|BUILD|TRACE|REQUEST|SESSION|RUN|VERSION|(^|_)ID|UUID)(_?(KEY|ID))?$/

/** Paths of files that contain a secret. */
const IS_PATH = /^(\/[a-z0-9._-]+){2,}$/

/** Values of placeholders, which are the fix for a secret in a snapshot. */
const PLACEHOLDER =
  /placeholder|dummy|change[-_]?me|example|fake|redacted|not[-_ ]?a[-_ ]?(real[-_ ]?)?(secret|password|token)|not[-_ ]?used|^<.*>$|^\$\{.*\}$/i

/** Minimum length of a value that is recognized as random, in characters. */
const SHORTEST_RANDOM = 20
/** Minimum share of neighbours of different classes (lower case, upper case, digit): random text has more than half, camel case a fifth. */
const LEAST_CHANGES = 0.4

/**
 * Returns the secrets in a named setting (environment variable, system property, argument): the whole value if the name says that
 * it is a secret or the value looks like key material; otherwise the tokens and the passwords of addresses in it. Ordinary
 * settings and placeholders have none.
 */
export function secretsIn(source: string, name: string, value: string): Secret[] {
  if (PLACEHOLDER.test(value) || IS_PATH.test(value)) return []
  const upper = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/[.-]/g, '_')
    .toUpperCase()
  const named = NAME_OF_SECRET.test(upper) && !NAME_OF_DESCRIPTION.test(upper)
  if (named || (isRandom(value) && !NAME_OF_PUBLIC.test(upper))) return [{ name: `${source} ${name}`, value }]
  return tokensIn(value).map((token) => ({ name: `${source} ${name}`, value: token }))
}

/** Returns the tokens of the families in a text; for an address, the password only. */
function tokensIn(text: string): string[] {
  return FAMILIES.flatMap((family) =>
    family.prefixes.flatMap((prefix) => {
      const at = text.indexOf(prefix)
      const match = at < 0 ? null : family.pattern.exec(text.slice(at))
      if (match === null || !family.isReal(match)) return []
      return [family.id.endsWith('-password') ? (match[1] ?? match[2] ?? match[0]) : match[0]]
    })
  )
}

function isRandom(value: string): boolean {
  if (value.length < SHORTEST_RANDOM || !/^[A-Za-z0-9+=_-][A-Za-z0-9+/=_-]+$/.test(value)) return false
  const classes = [...value].map((character) =>
    [/[a-z]/, /[A-Z]/, /\d/].findIndex((one) => one.test(character))
  )
  if (![0, 1, 2].every((one) => classes.includes(one))) return false
  const changes = classes.filter((one, index) => index > 0 && one !== classes[index - 1]).length
  return changes / (classes.length - 1) >= LEAST_CHANGES
}

const BEGIN = /^\s*-----BEGIN ([A-Z0-9 ]+)-----\s*$/

/**
 * Parses the input `secret-values`: one value a line, but a PEM block is one value, and so is a JSON object that begins with
 * a line `{`. Each value is named after its first line. Throws a Failure for a PEM block without an end, which shows nothing of it.
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

/** Returns the texts to mask in the log: GitHub searches for each as a whole, and prints line by line. */
export function masksOf({ value }: Secret): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  // A short line such as `}` is in every log.
  return [value, ...(lines.length > 1 ? lines.filter((line) => line.length >= 8) : [])]
}

/** Returns the index after the last line of the value that begins at a line. */
function endOfBlock(lines: readonly string[], at: number): number {
  const kind = BEGIN.exec(lines[at] ?? '')?.[1]
  if (kind !== undefined) {
    const end = lines.findIndex((line, index) => index > at && line.trim() === `-----END ${kind}-----`)
    if (end >= 0) return end + 1
    throw new Failure(
      'input',
      `Invalid input \`secret-values\`: the PEM block that begins at line ${at + 1} has no END line.`,
      { fix: 'Set the whole block, from its BEGIN line to its END line, or one value per line.' }
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
