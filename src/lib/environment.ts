/** The step's environment for programs that it starts: without the inputs, which hold a token, and the runner's own tokens. */
export function withoutInputs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(INPUT_|ACTIONS_)/.test(name)))
}
