import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { exec } from '@actions/exec'
import { EXPIRED, systemClock, within, type Clock } from '../clock.js'
import { withoutInputs } from '../environment.js'
import { Failure, messageOf } from '../errors.js'
import type { Milliseconds } from '../values.js'
import { LineSplitter, WholeLines } from './lines.js'

/** What is kept of each stream of a command, in characters: enough for any answer, too little for a log. */
const KEPT_OUTPUT = 1024 * 1024

/** The exit code of coreutils' `timeout` when it had to end the command. */
export const TIMED_OUT = 124

/** Who hears what a command writes on stdout and stderr. */
export interface Listeners {
  /** Called with each line as it comes, as text and of bounded length. */
  onLine?: (line: string) => void
  /** Called with all of it as it is, in whole lines. */
  onBytes?: (bytes: Buffer) => void
}

export interface RunOptions extends Listeners {
  /** Added to the environment of the docker client. */
  env?: Record<string, string>
  /** Ends the command, and its children, after this many milliseconds. */
  timeout?: number
}

export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** A container engine, driven through its command line. Argument vectors only: there is no shell. */
export interface Engine {
  /** Runs `docker ARGS` and returns its result, whatever the exit code. */
  attempt(args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** Runs `docker ARGS` and returns its trimmed stdout; an exit code other than 0 is a Failure. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
  /** Gives what `docker ARGS` writes, however much it is, to a taker; an exit code other than 0 is a Failure. */
  stream<T>(args: readonly string[], take: (stdout: Readable) => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** How long an engine that had answered may be away, while it is updated or starts again after a crash. */
const LONGEST_ABSENCE: Milliseconds = 30_000

const PROBE_INTERVAL: Milliseconds = 500

/** Commands that the client answers by itself. */
const OF_THE_CLIENT = new Set(['--version', 'context'])

/** For what a client has to say of its end, after what it wrote broke off. */
const SETTLING_TIME: Milliseconds = 1000

/**
 * The engine that the `docker` command on PATH talks to; DOCKER_HOST and DOCKER_CONFIG are honoured by it. When it has answered and
 * then is not there, it is waited for, once.
 */
export function dockerEngine(
  environment: NodeJS.ProcessEnv,
  { clock, longestAbsence }: { clock: Clock; longestAbsence: Milliseconds } = {
    clock: systemClock,
    longestAbsence: LONGEST_ABSENCE
  }
): Engine {
  let state: 'unknown' | 'answered' | 'gone' = 'unknown'
  const clientEnvironment = {
    ...withoutInputs(environment),
    BUILDKIT_PROGRESS: 'plain',
    // An attestation would wrap the image in an index: the digest would no longer be that of what was verified.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    DOCKER_CLI_HINTS: 'false'
  }

  async function attempt(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const result = await once(args, options)
    if (result.exitCode === 0 && state === 'unknown' && !OF_THE_CLIENT.has(args[0] ?? '')) state = 'answered'
    // It had no part in this command, which so may be given again.
    const away = result.exitCode !== 0 && NOBODY_THERE.test(result.stderr)
    return away && (await comesBack()) ? await once(args, options) : result
  }

  async function comesBack(): Promise<boolean> {
    const end = clock.now() + longestAbsence
    while (state === 'answered' && clock.now() < end) {
      const asked = await once(['version'], { timeout: longestAbsence })
      if (asked.exitCode === 0) return true
      await clock.sleep(PROBE_INTERVAL)
    }
    if (state === 'answered') state = 'gone'
    return false
  }

  async function once(args: readonly string[], options: RunOptions): Promise<CommandResult> {
    const output = { stdout: '', stderr: '' }
    const listening = { stdout: listenersOf(options), stderr: listenersOf(options) }

    function take(stream: 'stdout' | 'stderr', data: Buffer): void {
      output[stream] = (output[stream] + data.toString('utf8')).slice(-KEPT_OUTPUT)
      for (const listener of listening[stream]) listener.push(data)
    }

    const { command, prefix } = commandLine(options.timeout)
    try {
      const exitCode = await exec(command, [...prefix, ...args], {
        silent: true,
        ignoreReturnCode: true,
        env: definedOnly({ ...clientEnvironment, ...options.env }),
        listeners: {
          stdout: (data) => take('stdout', data),
          stderr: (data) => take('stderr', data)
        }
      })
      for (const listener of [...listening.stdout, ...listening.stderr]) listener.end()
      return { exitCode, ...output }
    } catch (error) {
      throw notStarted(messageOf(error), error)
    }
  }

  async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await attempt(args, options)
    if (result.exitCode !== 0) throw engineFailure(args, result)
    return result.stdout.trim()
  }

  // @actions/exec has no back pressure: an image would be read into memory as fast as the engine gives it.
  async function stream<T>(
    args: readonly string[],
    take: (stdout: Readable) => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    const child = spawn('docker', args, {
      env: clientEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal })
    })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_OUTPUT)
    })
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve(code ?? 1))
    })
    ended.catch(() => undefined)
    try {
      const [taken, exitCode] = await Promise.all([
        take(child.stdout).catch(async (error: unknown) => {
          // What breaks off is the engine's failure first.
          const code = await within(ended, SETTLING_TIME, clock)
          throw code === 0 || code === EXPIRED
            ? error
            : engineFailure(args, { exitCode: code, stdout: '', stderr })
        }),
        ended
      ])
      if (exitCode !== 0) throw engineFailure(args, { exitCode, stdout: '', stderr })
      return taken
    } finally {
      if (child.exitCode === null) child.kill()
    }
  }

  return { attempt, run, stream }
}

function listenersOf({ onLine, onBytes }: Listeners): (LineSplitter | WholeLines)[] {
  return [...(onLine ? [new LineSplitter(onLine)] : []), ...(onBytes ? [new WholeLines(onBytes)] : [])]
}

const NOBODY_THERE = /Cannot connect to the Docker daemon|failed to connect to the docker API/

function notStarted(why: string, cause?: unknown): Failure {
  return new Failure('runner', `The docker command could not be started: ${why}`, {
    cure:
      'Use a Linux runner with a Docker engine and its command line, version 24 or newer. A job in a container needs the ' +
      "command line in its image, and the runner's engine: GitHub's runners mount /var/run/docker.sock.",
    cause
  })
}

/** What coreutils' `timeout` says of a command that is not there. */
const NO_COMMAND = /^\S*timeout: (failed to run command .*)$/m

/** What a failed docker command means to the user. */
export function engineFailure(args: readonly string[], result: CommandResult): Failure {
  const missing = NO_COMMAND.exec(result.stderr)?.[1]
  if (missing !== undefined) return notStarted(missing)
  const evidence = lastLines(result.stderr || result.stdout, 20)
  const command = `docker ${args[0] ?? ''}`
  if (result.exitCode === TIMED_OUT) {
    return new Failure('runner', `${command} did not answer in time.`, {
      cure: 'Look at the state of the Docker engine on the runner, and run the job again.',
      evidence
    })
  }
  if (NOBODY_THERE.test(result.stderr) || /error during connect|unexpected EOF/.test(result.stderr)) {
    return new Failure('runner', 'No Docker engine answers.', {
      cure: 'Start the engine, or set DOCKER_HOST to one that runs.',
      evidence
    })
  }
  const version = /client version \S+ is too (?:old|new)[^\n]*/i.exec(result.stderr)?.[0]
  if (version !== undefined) {
    return new Failure('runner', `The docker command line and the engine do not fit together: ${version}`, {
      cure: 'Install a docker command line of the age of the engine, version 24 or newer; or set DOCKER_API_VERSION to one that both know.',
      evidence
    })
  }
  if (/no space left on device/i.test(result.stderr)) {
    return new Failure('runner', `The engine's disk is full (${command}).`, {
      cure: 'Free disk space on the runner, for example with `docker system prune`.',
      evidence
    })
  }
  return new Failure('runner', `${command} failed with exit code ${result.exitCode}.`, {
    cure: "The lines below are the engine's own words.",
    evidence
  })
}

/** The last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n')
}

// @actions/exec cannot end a command. coreutils' timeout can, together with the command's children.
function commandLine(timeout: number | undefined): { command: string; prefix: string[] } {
  if (timeout === undefined) return { command: 'docker', prefix: [] }
  return { command: 'timeout', prefix: ['--kill-after=5s', `${timeout / 1000}s`, 'docker'] }
}

function definedOnly(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
}
