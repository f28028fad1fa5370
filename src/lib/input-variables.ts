/** Environment variables for inputs of `crac-checkpoint build` whose values are secret: other users of the machine can read its options. */
export const SECRET_INPUT_VARIABLES: Readonly<Record<string, string>> = {
  'secret-values': 'CRAC_SECRET_VALUES',
  'build-secrets': 'CRAC_BUILD_SECRETS'
}

/** Returns whether an environment variable has the value of an input. */
export function hasInput(variable: string): boolean {
  return variable.startsWith('INPUT_') || Object.values(SECRET_INPUT_VARIABLES).includes(variable)
}
