import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import * as core from '@actions/core'
import { release, settle } from './run/release.js'
import { systemClock } from './lib/clock.js'
import { createDocker } from './docker/docker.js'
import { asFailure, describeFailure, messageOf } from './lib/errors.js'
import type { InputName } from './inputs/inputs.js'
import { secretsOfInputs } from './inputs/known-secrets.js'
import { readInputs, readSecretValues } from './inputs/read-inputs.js'
import { createLog } from './lib/log.js'
import { run } from './main.js'
import { artifactLines } from './report/artifacts-file.js'
import { outputsOf } from './report/outputs.js'
import { fitting, renderFailure, renderSummary } from './report/summary.js'
import type { Secret } from './secrets/scanner/needles.js'
import { masksOf } from './secrets/sources.js'
import { putBackMoved } from './registry/tags.js'
import { withRun } from './run/with-run.js'
import { repositoriesIn } from './run/world.js'

// The runner starts this file twice: for the step, and after the job, which then finds the saved state.
const STATE_RUN = 'run'
const STATE_FOLDER = 'folder'
/** Set if Docker never responded to the run. */
const STATE_NO_DOCKER = 'no-docker'

async function main(): Promise<void> {
  const log = createLog(core)
  await withRun({
    log,
    temp: requiredFolder('RUNNER_TEMP'),
    begin: ({ id, folder }) => {
      core.saveState(STATE_RUN, id)
      core.saveState(STATE_FOLDER, folder)
    },
    folders: () => ({
      toolCache: requiredFolder('RUNNER_TOOL_CACHE'),
      workspace: process.env['GITHUB_WORKSPACE'] ?? process.cwd()
    }),
    work: async ({ id, folder }, world) => {
      const inputOf = (name: InputName): string => core.getInput(name)
      mask(readSecretValues(inputOf))
      const inputs = readInputs(inputOf)
      mask(await secretsOfInputs(inputs, world.workspace))
      core.setOutput('logs', path.join(folder, 'logs'))
      return await run(id, inputs, world)
    },
    succeeded: async (result) => {
      for (const [name, value] of Object.entries(outputsOf(result))) core.setOutput(name, value)
      // Runners from 2.336 on have this file.
      const artifacts = process.env['GITHUB_ARTIFACTS']
      if (artifacts) await appendFile(artifacts, artifactLines(result))
      await writeSummary(renderSummary(result))
    },
    failed: async (failure, error, { usedDocker }) => {
      // A stack contains the error's message, and so may quote untrusted output.
      if (failure.category === 'internal' && error instanceof Error) log.untrusted(error.stack ?? '')
      // Nothing of a container may come between the annotation and its end.
      log.end()
      core.setFailed(describeFailure(failure))
      await writeSummary(renderFailure(failure))
      if (!usedDocker()) core.saveState(STATE_NO_DOCKER, 'true')
    }
  })
}

function mask(secrets: readonly Secret[]): void {
  for (const text of secrets.flatMap(masksOf)) core.setSecret(text)
}

async function post(id: string, runFolder: string): Promise<void> {
  const log = createLog(core)
  const docker = createDocker(process.env)
  const used = core.getState(STATE_NO_DOCKER) === '' ? docker : undefined
  const repositories = repositoriesIn(process.env, docker, (line) => log.info(line))
  for (const line of await putBackMoved(repositories, path.join(runFolder, 'work'))) log.warning(line)
  await settle(systemClock, id, false)
  for (const problem of await release(used, { id, folder: runFolder, keep: [] })) {
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
