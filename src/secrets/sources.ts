import { Failure } from '../lib/errors.js'
import { hasInput } from '../lib/input-variables.js'
import { documentOf } from '../lib/json.js'
import type { Secret } from './scanner/needles.js'
import { distinct, passwordOf, secretsIn, secretsInText } from './settings.js'

export interface RegistryLogin {
  registry: string
  credentials: { kind: 'password'; username: string; password: string } | { kind: 'identity'; token: string }
}

/** Returns the secrets in the environment of the step, such as GITHUB_TOKEN and ACTIONS_RUNTIME_TOKEN. */
export function secretsOfRunner(environment: NodeJS.ProcessEnv): Secret[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    // knownSecrets reads the inputs.
    hasInput(name) || name.startsWith('STATE_') ? [] : secretsIn("the runner's", name, value)
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

/** Returns the values, and the secrets inside them: an application keeps the password of an address, and drops the address. */
export function secretsOfValues(values: readonly Secret[]): Secret[] {
  return values.flatMap((secret) => {
    const { name, value } = secret
    if (BEGIN.test(value.split('\n', 1)[0] ?? '')) return [secret]
    const passwords = passwordOf(value).map((password) => ({ name, value: password }))
    return distinct([secret, ...passwords, ...secretsInText(name, value)])
  })
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
      if (lines[end - 1]?.trim().startsWith('}') && documentOf(lines.slice(at, end).join('\n'))) return end
    }
  }
  return at + 1
}
