import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { PROJECT } from './home.js'

export interface StepOptions {
  inputs: Record<string, string>
  environment: NodeJS.ProcessEnv
  workspace: string
  toolCache: string
  /** Folder of the action; this checkout when absent. */
  action?: string
  /** Called with each piece of the step's log. */
  onOutput?: (text: string) => void
  /** Called between the step and its post step. */
  between?: (step: StepResult) => Promise<void>
  /** Called when the step's process has started. */
  onStart?: (pid: number) => void
  /** RUNNER_TEMP, where it is to be a folder that exists. */
  runnerTemp?: string
  /** Set for the post step only. */
  postEnvironment?: NodeJS.ProcessEnv
  /** The machine dies with the step: there is no post step. */
  withoutPost?: boolean
}

export interface StepResult {
  exitCode: number
  outputs: Record<string, string>
  /** Markdown of the job summary. */
  summary: string
  log: string
  /** Exit code and log of the post step. */
  post: { exitCode: number; log: string }
  /** RUNNER_TEMP of this job; gone when the call returns. */
  runnerTemp: string
  /** What was left in RUNNER_TEMP after the post step. */
  left: string[]
}

/** Runs dist/ as the runner does: the step with its inputs in the environment, then the post step. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const job = await mkdtemp(path.join(tmpdir(), 'lab-job-'))
  const file = (name: string): string => path.join(job, name)
  const runnerTemp = options.runnerTemp ?? file('temp')
  await mkdir(runnerTemp, { recursive: true })
  for (const name of ['output', 'summary', 'state']) await writeFile(file(name), '')

  const environment: NodeJS.ProcessEnv = {
    ...options.environment,
    ...(await inputVariables(options.inputs)),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: file('output'),
    GITHUB_STEP_SUMMARY: file('summary'),
    GITHUB_STATE: file('state'),
    GITHUB_WORKSPACE: options.workspace,
    RUNNER_TEMP: runnerTemp,
    RUNNER_TOOL_CACHE: options.toolCache
  }
  try {
    const step = await execute(environment, options)
    const result: StepResult = {
      exitCode: step.exitCode,
      log: step.log,
      outputs: parseCommandFile(await readFile(file('output'), 'utf8')),
      summary: await readFile(file('summary'), 'utf8'),
      post: { exitCode: -1, log: '' },
      runnerTemp,
      left: []
    }
    await options.between?.(result)
    if (options.withoutPost) return result
    const state = parseCommandFile(await readFile(file('state'), 'utf8'))
    const saved = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]))
    result.post = await execute(
      { ...environment, ...saved, ...options.postEnvironment },
      { ...options, onStart: () => undefined }
    )
    result.left = await list(runnerTemp)
    return result
  } finally {
    await rm(job, { recursive: true, force: true })
  }
}

async function execute(
  environment: NodeJS.ProcessEnv,
  { action = PROJECT, onOutput, onStart }: Pick<StepOptions, 'action' | 'onOutput' | 'onStart'>
): Promise<{ exitCode: number; log: string }> {
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(action, 'dist/index.cjs')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    if (child.pid !== undefined) onStart?.(child.pid)
    let log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text
        onOutput?.(text)
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? 1, log }))
  })
}

/** The inputs as a step finds them in its environment, with the defaults of action.yml. */
export async function inputVariables(inputs: Record<string, string>): Promise<Record<string, string>> {
  const all = Object.entries({ ...(await declaredDefaults()), ...inputs })
  return Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
}

interface ActionMetadata {
  inputs: Record<string, { default?: string }>
}

/** The defaults of action.yml; an expression, which only GitHub can evaluate, counts as empty. */
async function declaredDefaults(): Promise<Record<string, string>> {
  const action = parse(await readFile(path.join(PROJECT, 'action.yml'), 'utf8')) as ActionMetadata
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => {
      const value = input.default ?? ''
      return [name, value.includes('${{') ? '' : value]
    })
  )
}

/** `name<<delimiter`, lines, `delimiter`: how @actions/core writes outputs and state. */
export function parseCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const match = /^([^<]+)<<(.+)$/.exec(lines[index] ?? '')
    if (!match) continue
    const end = lines.indexOf(match[2] ?? '', index + 1)
    values[match[1] ?? ''] = lines.slice(index + 1, end).join('\n')
    index = end
  }
  return values
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder, { recursive: true })
}
