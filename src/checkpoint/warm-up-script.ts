import type { Address } from '../engine/containers.js'
import { startGroup } from '../engine/command.js'
import { LineSplitter, LineTail } from '../engine/lines.js'
import { Failure } from '../errors.js'
import type { Log } from '../log.js'

/** Lines of the script's output that a message shows. */
const SHOWN_LINES = 20

/** What a warm-up script sees of the step's environment: not the inputs, which hold a token. */
function scriptEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const withheld = /^(INPUT_|ACTIONS_)/
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !withheld.test(name)))
}

export interface ScriptSurroundings {
  address: Address
  container: string
  log: Log
  signal: AbortSignal
  environment: NodeJS.ProcessEnv
}

/** Runs the script with APP_URL and CONTAINER_ID; anything but exit code 0 is a Failure. The signal ends its group. */
export async function runScript(script: string, surroundings: ScriptSurroundings): Promise<void> {
  const { address, container, log, signal, environment } = surroundings
  const tail = new LineTail(SHOWN_LINES)
  const group = startGroup(script, [], {
    signal,
    env: {
      ...scriptEnvironment(environment),
      APP_URL: `http://${address.host}:${address.port}`,
      CONTAINER_ID: container
    }
  })
  for (const stream of [group.stdout, group.stderr]) {
    const lines = new LineSplitter((line) => {
      tail.push(line)
      log.foreign(line)
    })
    stream.on('data', (data: Buffer) => lines.push(data)).on('end', () => lines.end())
  }
  const outcome = await group.ended.catch((error: NodeJS.ErrnoException) => error)
  if (outcome === 0 || signal.aborted) return
  if (typeof outcome !== 'number') throw cannotStart(script, outcome)
  throw new Failure('application', `The warm-up script ended with exit code ${outcome}.`, {
    cure: 'Mend `warmup-script`, or the application where it answers wrongly; the last lines of the script are below.',
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
      cure: `${why[error.code ?? ''] ?? ''} Give a program of the repository in \`warmup-script\`, with a first line such as #!/bin/sh.`.trim()
    }
  )
}
