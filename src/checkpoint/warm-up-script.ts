import { stat } from 'node:fs/promises'
import type { Address } from '../docker/containers.js'
import { startGroup, withoutInputs } from '../docker/process-group.js'
import type { KeptLog } from '../lib/kept-log.js'
import { LineSplitter, LineTail } from '../lib/lines.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'

/** Lines of the script's output that a message shows. */
const SHOWN_LINES = 20

/** Throws a Failure for a script that is not a file, before any work is done. */
export async function requireScript(script: string): Promise<void> {
  const problem = await stat(script).then(
    (entry) => (entry.isFile() ? undefined : new Error('it is not a file')),
    (error: NodeJS.ErrnoException) => error
  )
  if (problem !== undefined) throw cannotStart(script, problem)
}

export interface ScriptContext {
  address: Address
  container: string
  log: Log
  keep: KeptLog
  signal: AbortSignal
  environment: NodeJS.ProcessEnv
}

/** Runs the script with APP_URL and CONTAINER_ID. Throws a Failure for any exit code but 0. The signal ends its process group. */
export async function runScript(script: string, context: ScriptContext): Promise<void> {
  const { address, container, log, keep, signal, environment } = context
  const tail = new LineTail(SHOWN_LINES)
  const group = startGroup(script, [], {
    signal,
    env: {
      ...withoutInputs(environment),
      APP_URL: `${address.tls ? 'https' : 'http'}://${address.host}:${address.port}`,
      CONTAINER_ID: container
    }
  })
  for (const stream of [group.stdout, group.stderr]) {
    const lines = new LineSplitter((line) => {
      tail.push(line)
      log.untrusted(line)
    })
    for (const listener of [lines, keep.stream()])
      stream.on('data', (data: Buffer) => listener.push(data)).on('end', () => listener.end())
  }
  const outcome = await group.ended.catch((error: NodeJS.ErrnoException) => error)
  if (outcome === 0 || signal.aborted) return
  if (typeof outcome !== 'number') throw cannotStart(script, outcome)
  throw new Failure('application', `The warm-up script ended with exit code ${outcome}.`, {
    fix: 'Fix `warmup-script`, or the response of the application; the last lines of the output of the script are below.',
    evidence: tail.text()
  })
}

function cannotStart(script: string, error: NodeJS.ErrnoException): Failure {
  const why: Record<string, string> = {
    ENOENT: 'It, or the interpreter in its first line, does not exist.',
    EACCES: 'It is not executable: `git update-index --chmod=+x` makes it so.'
  }
  return new Failure(
    'input',
    `The warm-up script ${script} could not be started (${error.code ?? error.message}).`,
    {
      fix: `${why[error.code ?? ''] ?? ''} Give a program of the repository in \`warmup-script\`, with a first line such as #!/bin/sh.`.trim()
    }
  )
}
