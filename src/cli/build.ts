import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { release, settle, type Release } from '../run/release.js'
import { systemClock } from '../lib/clock.js'
import { createDocker } from '../docker/docker.js'
import { describeFailure, DOCS, Failure, messageOf } from '../lib/errors.js'
import { SECRET_INPUT_VARIABLES } from '../lib/input-variables.js'
import { INPUT_NAMES } from '../inputs/inputs.js'
import { readInputs } from '../inputs/read-inputs.js'
import { run } from '../main.js'
import { outputsOf } from '../report/outputs.js'
import { renderSummary } from '../report/summary.js'
import { textOf } from '../report/text.js'
import { shippedFile } from '../shipped.js'
import { withRun, type RunHandle } from '../run/with-run.js'
import type { Print } from './jdk.js'
import { terminalLog } from './terminal-log.js'
import { toolCacheFolder } from './tool-cache.js'

/**
 * Runs the whole job from a terminal and returns the exit code. The options have the names of the inputs. Progress goes to stderr; the
 * summary, or with --json the outputs, to stdout. Only the image stays, and the logs of a failure.
 */
export async function buildCommand(args: string[], print: Print): Promise<number> {
  const { inputs: given, json } = parse(args)
  const defaults = declaredDefaults()
  const inputs = readInputs((name) => (given[name] ?? defaults[name] ?? '').trim())
  if (inputs.tags.length === 0)
    throw new Failure('input', 'The option `--tags` is missing: an image without a name would be lost.', {
      fix: 'Add a name for the image, such as `--tags hello:crac`.'
    })
  const toolCache = toolCacheFolder()

  const log = terminalLog((line) => console.error(line), systemClock)
  let exitCode = 0
  await withRun({
    log,
    temp: tmpdir(),
    begin: ({ cancelled }) => {
      cancelled.addEventListener('abort', () => {
        log.end()
        console.error('Cancelled; removing what was made ...')
      })
    },
    folders: () => ({ toolCache, workspace: process.cwd() }),
    work: ({ id }, world) => run(id, inputs, world),
    succeeded: async (result, handle) => {
      const outputs = outputsOf(result)
      // The logs of a run without a failure are removed.
      delete outputs['logs']
      const metadata = JSON.parse(outputs['metadata'] ?? '{}') as unknown
      print(json ? asJson({ ...outputs, metadata }) : textOf(renderSummary(result)))
      await cleanUp(handle, [])
    },
    failed: async (failure, _, handle) => {
      exitCode = 1
      const folder = path.join(handle.folder, 'logs')
      const hasLogs = !handle.cancelled.aborted && existsSync(folder) && readdirSync(folder).length > 0
      await cleanUp(handle, hasLogs ? ['logs'] : [])
      const logs = hasLogs ? folder : undefined
      if (json) {
        const { category, message, fix, evidence, signature } = failure
        print(asJson({ category, message, fix, evidence, signature: signature?.id, logs }))
      } else {
        console.error(`\n${describeFailure(failure)}${logs ? `\n\nThe logs are in ${logs}.` : ''}`)
      }
    }
  })
  return exitCode
}

async function cleanUp({ id, folder, usedDocker }: RunHandle, keep: Release['keep']): Promise<void> {
  await settle(systemClock, id, false)
  await release(usedDocker() ? createDocker(process.env) : undefined, { id, folder, keep })
}

function asJson(value: object): string {
  return JSON.stringify(value, undefined, 2)
}

/** The variables for the inputs with secrets: every user of the machine can read the arguments of a process. */
const SECRET_VARIABLES = { ...SECRET_INPUT_VARIABLES, 'github-token': 'GITHUB_TOKEN' }

function parse(args: string[]): { inputs: Partial<Record<string, string>>; json: boolean } {
  for (const [name, variable] of Object.entries(SECRET_VARIABLES)) {
    if (args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)))
      throw new Failure('input', `Other users of the machine can read the option \`--${name}\`.`, {
        fix: `Put its value into the environment variable ${variable}, with one entry per line.`
      })
  }
  const options = Object.fromEntries(
    // An option can be repeated, once for each entry of a list.
    INPUT_NAMES.map((name) => [name, { type: 'string' as const, multiple: true as const }])
  )
  try {
    const { values } = parseArgs({
      args: joined(args),
      options: { ...options, json: { type: 'boolean', default: false } }
    })
    const { json, ...inputs } = values as Record<string, string[]> & { json: boolean }
    const lines = Object.entries(inputs).map(([name, list]): [string, string] => [name, list.join('\n')])
    const secrets = Object.entries(SECRET_VARIABLES).map(([name, variable]) => [name, process.env[variable]])
    return { inputs: Object.fromEntries([...secrets, ...lines]) as Partial<Record<string, string>>, json }
  } catch (error) {
    throw error instanceof Failure ? error : badOption(messageOf(error))
  }
}

/** Joins options and values (`--java-options=-Xmx256m`), because parseArgs accepts no separate value that begins with a dash. */
function joined(args: readonly string[]): string[] {
  const names = INPUT_NAMES.map((name) => `--${name}`)
  const isOption = (word: string): boolean =>
    word === '--json' || names.some((name) => word === name || word.startsWith(`${name}=`))
  const result: string[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (!names.includes(word)) {
      result.push(word)
      continue
    }
    const value = args[++index]
    if (value === undefined || isOption(value)) throw badOption(`The option ${word} has no value`)
    result.push(`${word}=${value}`)
  }
  return result
}

/** Returns the failure for the message of an error of `parseArgs`, without the advice after its first sentence, which is wrong here. */
function badOption(message: string): Failure {
  const [what = ''] = message.split(/\.\s|\n/)
  return new Failure('input', `Invalid options: ${what.replace(/\.$/, '')}.`, {
    fix: `Each option is the name of an input with a value, such as \`--context build/docker/main --push true\`: ${DOCS}/inputs.md lists them.`
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
