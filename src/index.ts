import path from 'node:path'
import * as core from '@actions/core'
import { cancellationBy } from './run/cancellation.js'
import { RUN_FOLDER } from './run/release.js'
import { systemClock } from './lib/clock.js'
import { createDocker, type Docker } from './docker/docker.js'
import { asFailure, describeFailure, messageOf } from './lib/errors.js'
import type { InputName } from './inputs/inputs.js'
import { readInputs, readSecretValues } from './inputs/read-inputs.js'
import { createLog } from './lib/log.js'
import { run } from './main.js'
import { outputsOf } from './report/outputs.js'
import { cleanUp } from './run/post.js'
import { fitting, renderFailure, renderSummary } from './report/summary.js'
import type { Secret } from './secrets/scanner/needles.js'
import { masksOf, secretsOfInputs } from './secrets/sources.js'
import { newRunId } from './run/run-id.js'
import { putBackMoved } from './registry/tags.js'
import { realWorld, repositoriesIn } from './run/world.js'

// The runner starts this file twice: for the step, and after the job. The saved state tells which it is.
const STATE_RUN = 'run'
const STATE_FOLDER = 'folder'
/** Set where the run had no engine. */
const STATE_NO_ENGINE = 'no-engine'

async function main(): Promise<void> {
  const cancellation = cancellationBy(process)
  const id = await newRunId()
  const runFolder = path.join(requiredFolder('RUNNER_TEMP'), `${RUN_FOLDER}${id}`)
  // Saved before anything is made, so that a cancelled run can be cleaned up.
  core.saveState(STATE_RUN, id)
  core.saveState(STATE_FOLDER, runFolder)

  const log = createLog(core)
  let docker: Docker | undefined
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
      runFolder,
      cancelled: cancellation.signal
    })
    docker = world.docker
    const result = await cancellation.bounded(run(id, inputs, world))
    for (const [name, value] of Object.entries(outputsOf(result))) core.setOutput(name, value)
    await writeSummary(renderSummary(result))
  } catch (error) {
    const failure = cancellation.failureOf(error)
    // It has the words of others in it.
    if (failure.category === 'internal' && error instanceof Error) log.foreign(error.stack ?? '')
    // A container may still have had something to say: the annotation must not stand inside its fence.
    log.end()
    core.setFailed(describeFailure(failure))
    await writeSummary(renderFailure(failure))
    if (!docker?.hasAnswered()) core.saveState(STATE_NO_ENGINE, 'true')
    // Something may still wait for an answer that nobody needs any more.
    const exitCode = cancellation.exitCode()
    if (exitCode !== undefined) process.exit(exitCode)
  }
}

function mask(secrets: readonly Secret[]): void {
  for (const text of secrets.flatMap(masksOf)) core.setSecret(text)
}

async function post(id: string, runFolder: string): Promise<void> {
  const log = createLog(core)
  const docker = createDocker(process.env)
  const used = core.getState(STATE_NO_ENGINE) === '' ? docker : undefined
  const repositories = repositoriesIn(process.env, docker, (line) => log.info(line))
  for (const line of await putBackMoved(repositories, path.join(runFolder, 'work'))) log.warning(line)
  for (const problem of await cleanUp(used, systemClock, id, runFolder)) {
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
if (savedRun) {
  // Whatever happens here: the job has its result.
  post(savedRun, core.getState(STATE_FOLDER)).catch((error: unknown) => core.warning(messageOf(error)))
} else {
  main().catch((error: unknown) => core.setFailed(describeFailure(asFailure(error))))
}
