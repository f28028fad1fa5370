import { randomBytes } from 'node:crypto'
import path from 'node:path'
import * as core from '@actions/core'
import { systemClock } from './clock.js'
import { dockerEngine } from './engine/docker.js'
import { asFailure, describeFailure } from './errors.js'
import { readInputs, readSecretValues, type InputName } from './inputs.js'
import { createLog } from './log.js'
import { run } from './main.js'
import { outputsOf } from './outputs.js'
import { cleanUp } from './post.js'
import { fitting, renderFailure, renderSummary } from './report/summary.js'
import { secretsOfInputs } from './secrets/known.js'
import type { Secret } from './secrets/needles.js'
import { masksOf } from './secrets/values.js'
import { realWorld } from './world.js'

// The runner starts this file twice: for the step, and after the job. The saved state tells which it is.
const STATE_RUN = 'run'
const STATE_FOLDER = 'folder'

async function main(): Promise<void> {
  const id = randomBytes(6).toString('hex')
  const runFolder = path.join(requiredFolder('RUNNER_TEMP'), `crac-checkpoint-${id}`)
  // Saved before anything is made, so that a cancelled run can be cleaned up.
  core.saveState(STATE_RUN, id)
  core.saveState(STATE_FOLDER, runFolder)

  const log = createLog(core)
  try {
    const inputOf = (name: InputName): string => core.getInput(name)
    mask(readSecretValues(inputOf))
    const inputs = readInputs(inputOf)
    mask(secretsOfInputs(inputs))
    core.setOutput('logs', path.join(runFolder, 'logs'))
    const world = realWorld(id, process.env, {
      log,
      toolCache: requiredFolder('RUNNER_TOOL_CACHE'),
      workspace: process.env['GITHUB_WORKSPACE'] ?? process.cwd(),
      runFolder
    })
    const result = await run(id, inputs, world)
    for (const [name, value] of Object.entries(outputsOf(result))) core.setOutput(name, value)
    await writeSummary(renderSummary(result))
  } catch (error) {
    const failure = asFailure(error)
    // It has the words of others in it.
    if (failure.kind === 'internal' && error instanceof Error) log.foreign(error.stack ?? '')
    // A container may still have had something to say: the annotation must not stand inside its fence.
    log.end()
    core.setFailed(describeFailure(failure))
    await writeSummary(renderFailure(failure))
  }
}

function mask(secrets: readonly Secret[]): void {
  for (const text of secrets.flatMap(masksOf)) core.setSecret(text)
}

async function post(id: string, runFolder: string): Promise<void> {
  const log = createLog(core)
  for (const problem of await cleanUp(dockerEngine(process.env), systemClock, id, runFolder)) {
    log.warning(`Something of this run may be left behind: ${problem}`)
  }
}

async function writeSummary(markdown: string): Promise<void> {
  if (process.env['GITHUB_STEP_SUMMARY'] === undefined) return
  await core.summary.addRaw(fitting(markdown)).write()
}

function requiredFolder(name: string): string {
  const folder = process.env[name]
  if (!folder) throw new Error(`${name} is not set: this program is started by a GitHub Actions runner`)
  return folder
}

const savedRun = core.getState(STATE_RUN)
const work = savedRun ? post(savedRun, core.getState(STATE_FOLDER)) : main()
work.catch((error: unknown) => core.setFailed(describeFailure(asFailure(error))))
