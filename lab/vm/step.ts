import path from 'node:path'
import { PROJECT } from '../home.js'
import { inputVariables, parseCommandFile } from '../runner.js'
import type { Connection, RemoteOptions } from './connection.js'

/** Where the files of this checkout are that a runner has of the action. */
export const ACTION = '/action'

const SHIPPED = ['action.yml', 'data', 'dist', 'docker', 'package.json']

/** What a step left in a virtual machine. */
export interface RemoteStep {
  exitCode: number
  log: string
  outputs: Record<string, string>
  /** Duration in milliseconds. */
  took: number
}

/** Copies what a runner has of this action. */
export async function copyAction(machine: Connection): Promise<void> {
  await machine.copyIn(
    SHIPPED.map((name) => path.join(PROJECT, name)),
    ACTION
  )
}

/** Runs the built action in a virtual machine as the runner does: the step, and then the post step. */
export async function runStepIn(
  machine: Connection,
  inputs: Record<string, string>,
  options: RemoteOptions
): Promise<RemoteStep> {
  const job = await machine.run(['mktemp', '--directory'])
  const names = ['OUTPUT', 'STATE', 'STEP_SUMMARY']
  const files = names.map((name) => `GITHUB_${name}=${job}/${name}`)
  const variables = Object.entries(await inputVariables(inputs)).map(([name, value]) => `${name}=${value}`)
  const runner = [
    ...['GITHUB_ACTIONS=true', `GITHUB_WORKSPACE=${job}`, ...files],
    ...[`RUNNER_TEMP=${job}/temp`, `RUNNER_TOOL_CACHE=${job}/tools`]
  ]
  await machine.run(['mkdir', `${job}/temp`])
  await machine.run(['touch', ...names.map((name) => `${job}/${name}`)])
  const text = async (name: string): Promise<string> =>
    (await machine.attempt(['cat', `${job}/${name}`])).stdout
  const program = ['node', `${ACTION}/dist/index.cjs`]
  const begin = Date.now()
  const step = await machine.attempt(['env', ...variables, ...runner, ...program], options)
  const took = Date.now() - begin
  const outputs = parseCommandFile(await text('OUTPUT'))
  const state = Object.entries(parseCommandFile(await text('STATE'))).map(
    ([name, value]) => `STATE_${name}=${value}`
  )
  const post = await machine.attempt(['env', ...variables, ...runner, ...state, ...program])
  const log = [step, post].map(({ stdout, stderr }) => `${stdout}${stderr}`).join('')
  return { exitCode: Math.max(step.code, post.code), log, outputs, took }
}
