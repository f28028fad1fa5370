import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { cancellationBy } from '../run/cancellation.js'
import { RUN_FOLDER } from '../run/release.js'
import { systemClock } from '../lib/clock.js'
import { createDocker, type Docker } from '../docker/docker.js'
import { describeFailure, Failure, messageOf } from '../lib/errors.js'
import { INPUT_NAMES } from '../inputs/inputs.js'
import { readInputs } from '../inputs/read-inputs.js'
import { run } from '../main.js'
import { outputsOf } from '../report/outputs.js'
import { cleanUp } from '../run/post.js'
import { renderSummary } from '../report/summary.js'
import { textOf } from '../report/text.js'
import { newRunId } from '../run/run-id.js'
import { shippedFile } from '../shipped.js'
import { realWorld } from '../run/world.js'
import type { Print } from './jdk.js'
import { terminalLog } from './terminal-log.js'

/**
 * `build`: the whole job from a terminal. The options are the inputs' names, the stages the same; progress goes to
 * stderr, the summary or, with --json, the outputs to stdout. Nothing stays but the image, and the logs of a failure.
 */
export async function buildCommand(args: string[], answer: Print): Promise<number> {
  const { inputs: given, json } = parse(args)
  const cancellation = cancellationBy(process)
  const id = await newRunId()
  const defaults = declaredDefaults()
  const inputs = readInputs((name) => (given[name] ?? defaults[name] ?? '').trim())
  const toolCache = process.env['RUNNER_TOOL_CACHE'] ?? path.join(homedir(), '.cache', 'crac-checkpoint')
  mkdirSync(toolCache, { recursive: true })
  // @actions/tool-cache reads these two itself.
  process.env['RUNNER_TOOL_CACHE'] = toolCache
  process.env['RUNNER_TEMP'] ??= tmpdir()

  const runFolder = path.join(tmpdir(), `${RUN_FOLDER}${id}`)
  mkdirSync(runFolder, { mode: 0o700 })
  const log = terminalLog((line) => console.error(line), systemClock)
  let docker: Docker | undefined
  const clean = (folder: string): Promise<string[]> =>
    cleanUp(docker?.hasAnswered() ? createDocker(process.env) : undefined, systemClock, id, folder)
  cancellation.signal.addEventListener('abort', () => {
    log.end()
    console.error('Cancelled; removing what was made ...')
  })
  try {
    const { signal: cancelled } = cancellation
    const world = realWorld(id, process.env, {
      log,
      toolCache,
      workspace: process.cwd(),
      runFolder,
      cancelled
    })
    docker = world.docker
    const result = await cancellation.bounded(run(id, inputs, world))
    const outputs = outputsOf(result)
    // Gone with the run: nothing failed.
    delete outputs['logs']
    answer(
      json
        ? JSON.stringify(
            { ...outputs, metadata: JSON.parse(outputs['metadata'] ?? '{}') as unknown },
            undefined,
            2
          )
        : textOf(renderSummary(result))
    )
    await clean(runFolder)
    return 0
  } catch (error) {
    const failure = cancellation.failureOf(error)
    const exitCode = cancellation.exitCode()
    const folder = path.join(runFolder, 'logs')
    // The logs of a failure stay, if there are any.
    const logs =
      exitCode === undefined && existsSync(folder) && readdirSync(folder).length > 0 ? folder : undefined
    await clean(logs === undefined ? runFolder : path.join(runFolder, 'work'))
    if (json) {
      const { category, message, fix, evidence, signature } = failure
      answer(
        JSON.stringify({ category, message, fix, evidence, signature: signature?.id, logs }, undefined, 2)
      )
    } else {
      console.error(
        `\n${describeFailure(failure)}${logs === undefined ? '' : `\n\nThe logs are in ${logs}.`}`
      )
    }
    // Something may still wait for an answer that nobody needs any more.
    if (exitCode !== undefined) process.exit(exitCode)
    return 1
  }
}

/** The variable for the input `secret-values`: every user of the machine can read the arguments of a process. */
const SECRET_VALUES = 'CRAC_SECRET_VALUES'

function parse(args: string[]): { inputs: Partial<Record<string, string>>; json: boolean } {
  if (args.some((arg) => arg.startsWith('--secret-values'))) {
    throw new Failure('input', 'Other users of the machine can read the option `--secret-values`.', {
      fix: `Put the values into the environment variable ${SECRET_VALUES}, one per line.`
    })
  }
  const options = Object.fromEntries(
    // An option can be repeated, once for each entry of a list.
    INPUT_NAMES.map((name) => [name, { type: 'string' as const, multiple: true as const }])
  )
  try {
    const { values } = parseArgs({ args, options: { ...options, json: { type: 'boolean', default: false } } })
    const { json, ...inputs } = values as Record<string, string[]> & { json: boolean }
    const lines = Object.entries(inputs).map(([name, list]): [string, string] => [name, list.join('\n')])
    const { GITHUB_TOKEN, [SECRET_VALUES]: secretValues } = process.env
    return {
      inputs: { 'github-token': GITHUB_TOKEN, 'secret-values': secretValues, ...Object.fromEntries(lines) },
      json
    }
  } catch (error) {
    throw badOption(error)
  }
}

/** Returns the failure for an error of `parseArgs`, without the advice after its first sentence, which is wrong here. */
function badOption(error: unknown): Failure {
  const [what = ''] = messageOf(error).split(/\.\s|\n/)
  return new Failure('input', `Invalid options: ${what.replace(/\.$/, '')}.`, {
    fix: 'Each option is the name of an input with a value, such as `--context build/docker/main --push true`; docs/inputs.md lists them.'
  })
}

/** Returns the defaults of action.yml; an expression, which only GitHub can evaluate, counts as empty. */
function declaredDefaults(): Record<string, string> {
  const action = parseYaml(readFileSync(shippedFile('action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string }>
  }
  return Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: value = '' }]) => [
      name,
      value.includes('${{') ? '' : value
    ])
  )
}
