import { Failure } from '../lib/errors.js'

/** Variables whose content a JVM takes for more options. */
const JVM_VARIABLES = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS']

export const CRAC_OPTION = /-XX:[+-]?(?:CRaC|CREngine|CPUFeatures)\w*/

export const LEAVE_TO_ACTION =
  'Leave the options of CRaC to the action: the JVM looks for some of them in its arguments only.'

/** `sets OPTION in VARIABLE`, for an environment (`NAME=value` each) with an option that is the action's to set. */
export function cracOptionIn(environment: readonly string[]): string | undefined {
  for (const entry of environment) {
    const name = entry.slice(0, entry.indexOf('='))
    const option = JVM_VARIABLES.includes(name) ? CRAC_OPTION.exec(entry)?.[0] : undefined
    if (option) return `sets ${option} in ${name}`
  }
  return undefined
}

/** Refuses a base image whose environment would set options of CRaC. */
export function refuseCracOptions(image: string, environment: readonly string[]): void {
  const problem = cracOptionIn(environment)
  if (problem === undefined) return
  throw new Failure('image', `The base image ${image} ${problem}.`, { fix: LEAVE_TO_ACTION })
}
