import type { Readable } from 'node:stream'
import { Failure, messageOf } from '../errors.js'
import { startGroup, TIMED_OUT } from './command.js'
import { LineSplitter } from './lines.js'

/** What is kept of each stream of a command, in characters: enough for any answer, too little for a log. */
const KEPT_OUTPUT = 1024 * 1024

export interface RunOptions {
  /** Called with each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void
  /** Added to the environment of the docker client; `--env NAME` takes its value from there. */
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

/**
 * The engine that the `docker` command on PATH talks to; DOCKER_HOST and DOCKER_CONFIG are honoured by it. The signal ends
 * what is under way, and from then on nothing is begun: everything rejects with its reason.
 */
export function dockerEngine(environment: NodeJS.ProcessEnv, cancelled?: AbortSignal): Engine {
  const clientEnvironment = {
    ...environment,
    BUILDKIT_PROGRESS: 'plain',
    // An attestation would wrap the image in an index: the digest would no longer be that of what was verified.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    DOCKER_CLI_HINTS: 'false'
  }

  async function attempt(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const output = { stdout: '', stderr: '' }
    const lines = { stdout: new LineSplitter(report), stderr: new LineSplitter(report) }

    function report(line: string): void {
      options.onLine?.(line)
    }
    function take(stream: 'stdout' | 'stderr', data: Buffer): void {
      output[stream] = (output[stream] + data.toString('utf8')).slice(-KEPT_OUTPUT)
      lines[stream].push(data)
    }

    cancelled?.throwIfAborted()
    const group = startGroup('docker', args, {
      env: { ...clientEnvironment, ...options.env },
      timeout: options.timeout,
      signal: cancelled
    })
    for (const name of ['stdout', 'stderr'] as const)
      group[name].on('data', (data: Buffer) => take(name, data))
    try {
      const exitCode = await group.ended
      lines.stdout.end()
      lines.stderr.end()
      return { exitCode, ...output }
    } catch (error) {
      if (cancelled?.aborted) throw error
      throw notStarted(error)
    }
  }

  async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await attempt(args, options)
    if (result.exitCode !== 0) throw engineFailure(args, result)
    return result.stdout.trim()
  }

  async function stream<T>(
    args: readonly string[],
    take: (stdout: Readable) => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    const signals = [cancelled, signal].filter((one) => one !== undefined)
    const group = startGroup('docker', args, { env: clientEnvironment, signal: AbortSignal.any(signals) })
    let stderr = ''
    group.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT_OUTPUT)
    })
    try {
      const [taken, exitCode] = await Promise.all([
        take(group.stdout).catch(async (error: unknown) => {
          // What breaks off is the engine's failure first.
          const code = await Promise.race([group.ended, Promise.resolve(0)])
          throw code === 0 ? error : engineFailure(args, { exitCode: code, stdout: '', stderr })
        }),
        group.ended
      ])
      if (exitCode !== 0) throw engineFailure(args, { exitCode, stdout: '', stderr })
      return taken
    } finally {
      group.kill()
    }
  }

  return { attempt, run, stream }
}

/** What a failed docker command means to the user. */
export function engineFailure(args: readonly string[], result: CommandResult): Failure {
  const evidence = lastLines(result.stderr || result.stdout, 20)
  const command = `docker ${args[0] ?? ''}`
  if (result.exitCode === TIMED_OUT) {
    return new Failure('runner', `${command} did not answer in time.`, {
      cure: 'Look at the state of the Docker engine on the runner, and run the job again.',
      evidence
    })
  }
  if (/Cannot connect to the Docker daemon|error during connect/.test(result.stderr)) {
    return new Failure('runner', 'No Docker engine answers.', {
      cure: 'Start the engine, or set DOCKER_HOST to one that runs.',
      evidence
    })
  }
  if (/no space left on device/i.test(result.stderr)) {
    return new Failure('runner', `The engine's disk is full (${command}).`, {
      cure: 'Free disk space on the runner, for example with `docker system prune`.',
      evidence,
      signature: 'docker-nospace'
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

function notStarted(error: unknown): Failure {
  return new Failure('runner', `The docker command could not be started: ${messageOf(error)}`, {
    cure: 'Use a Linux runner with a Docker engine and its command line, version 24 or newer.',
    cause: error
  })
}
