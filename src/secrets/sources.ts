import type { Inputs } from '../inputs/inputs.js'
import type { Login } from '../registry/credentials.js'
import type { Secret } from './needles.js'
import { secretsIn } from './secret-like.js'

/** The secrets that the workflow gave: all of `secret-values`, and what of the settings reads like one. */
export function secretsOfInputs(
  inputs: Pick<Inputs, 'secretValues' | 'env' | 'buildArgs' | 'javaOptions' | 'arguments' | 'githubToken'>
): Secret[] {
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

/** Settings among options: `-Dname=value`, `--name=value`. */
function pairsOf(options: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    options.flatMap((option) => {
      const [, name, value] = /^(?:-D|--)([^=]+)=(.*)$/s.exec(option) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    })
  )
}

/** Those of the step's own environment, such as GITHUB_TOKEN and ACTIONS_RUNTIME_TOKEN. */
export function secretsOfRunner(environment: NodeJS.ProcessEnv): Secret[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    // The inputs are looked at by themselves.
    /^(INPUT|STATE)_|^CRAC_SECRET_VALUES$/.test(name) ? [] : secretsIn("the runner's", name, value)
  )
}

/** The logins at registries: the password, and base64 of both parts as a header has it. */
export function secretsOfLogins(logins: readonly Login[]): Secret[] {
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
