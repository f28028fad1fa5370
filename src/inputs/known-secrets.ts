import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { storedLogins } from '../registry/credentials.js'
import type { Secret } from '../secrets/scanner/needles.js'
import { secretsOfLogins, secretsOfRunner } from '../secrets/sources.js'
import { fieldOf, INPUT_NAMES, INPUTS, type Inputs } from './inputs.js'

/** Returns the secrets in the inputs, as each row of the table says; the files of bodies are relative to the workspace. */
export async function secretsOfInputs(inputs: Inputs, workspace: string): Promise<Secret[]> {
  const read = (file: string): Promise<string | undefined> =>
    readFile(path.resolve(workspace, file), 'utf8').catch(() => undefined)
  const secrets: Secret[] = []
  for (const name of INPUT_NAMES) {
    const { secrets: of } = INPUTS[name]
    if (typeof of === 'function') secrets.push(...(await of(name, inputs[fieldOf(name)], read)))
  }
  return secrets
}

/** What the secrets of a run are collected from, beside its inputs. */
interface Surroundings {
  /** Folder that relative paths start from. */
  workspace: string
  /** Environment of the step. */
  environment: NodeJS.ProcessEnv
  log: Pick<Log, 'warning'>
}

/**
 * Returns all secrets that are known before the run: of its inputs, of the environment of the step, and of logins at registries.
 * Throws a Failure if a login cannot be read and `secret-scan` is `fail`: the image could then contain it unnoticed.
 */
export async function knownSecrets(
  inputs: Inputs,
  { workspace, environment, log }: Surroundings
): Promise<Secret[]> {
  const registries = inputs.push ? inputs.tags.map(({ registry }) => registry) : []
  const { logins, unreadable } = await storedLogins(environment, registries)
  if (unreadable.length > 0 && inputs.secretScan !== 'off') {
    const unread = unreadable.join(' ')
    if (inputs.secretScan === 'fail')
      throw new Failure('runner', `Not all logins can be searched for in the image. ${unread}`, {
        fix: 'Fix or remove that login (`docker logout REGISTRY`), or set `secret-scan: warn` to go on without it.'
      })
    log.warning(`${unread} The image is not scanned for that login.`)
  }
  return [
    ...(await secretsOfInputs(inputs, workspace)),
    ...secretsOfRunner(environment),
    ...secretsOfLogins(logins)
  ]
}
