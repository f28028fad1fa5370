import { Failure } from '../lib/errors.js'

/** Environment variables in which a JVM reads options. */
const JVM_VARIABLES = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS']

/** Matches the options that the action sets itself. */
export const CRAC_OPTION = /-XX:[+-]?(?:CRaC|CREngine|CPUFeatures)\w*/

export const LEAVE_TO_ACTION =
  'Remove this option: the action sets the options of CRaC, and the JVM reads some of them only from its arguments.'

/** Returns the variables in the `NAME=value` lines of an image. */
export function variablesIn(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  )
}

/** Returns the values of the variables in which a JVM reads options. */
export function jvmVariablesIn(env: Readonly<Record<string, string>>): string[] {
  return JVM_VARIABLES.flatMap((name) => env[name] ?? [])
}

/**
 * Returns the variables with options that an image sets, `NAME=value` each. While they have these values, the entry script leaves them
 * out: the JVM has read its variables before the checkpoint already, unless the input `env` had others. The start command of an image
 * has JAVA_OPTS itself, where it uses that.
 */
export function ownOptions(
  environment: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  hasStartCommand: boolean
): string[] {
  const names = JVM_VARIABLES.filter((name) => env[name] === undefined)
  return [...names, ...(hasStartCommand ? ['JAVA_OPTS'] : [])].flatMap((name) => {
    const value = environment[name] ?? ''
    return value === '' || value.includes('\n') ? [] : [`${name}=${value}`]
  })
}

/** Returns `sets OPTION in VARIABLE` if the environment (`NAME=value` each) has an option of CRaC; undefined otherwise. */
export function cracOptionIn(environment: readonly string[]): string | undefined {
  for (const entry of environment) {
    const name = entry.slice(0, entry.indexOf('='))
    const option = JVM_VARIABLES.includes(name) ? CRAC_OPTION.exec(entry)?.[0] : undefined
    if (option) return `sets ${option} in ${name}`
  }
  return undefined
}

/** Throws a Failure if the environment of the base image sets an option of CRaC. */
export function refuseCracOptions(image: string, environment: readonly string[]): void {
  const problem = cracOptionIn(environment)
  if (problem === undefined) return
  throw new Failure('image', `The base image ${image} ${problem}.`, { fix: LEAVE_TO_ACTION })
}
