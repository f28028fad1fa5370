import type { Readable } from 'node:stream'
import { systemClock, type Clock } from '../lib/clock.js'
import type { KeptLog } from '../lib/kept-log.js'
import { LineSplitter, type WholeLines } from '../lib/lines.js'
import type { Milliseconds } from '../lib/values.js'
import { clientNotStarted, DAEMON_UNREACHABLE, dockerFailure } from './failure.js'
import { startGroup, withoutInputs, type CommandResult, type GroupOptions } from './process-group.js'
import { keptOf, readOutput, writeInput } from './streams.js'
import { isShort, runShort } from './short-command.js'

/** Callbacks for what a command writes on stdout and stderr. */
export interface Listeners {
  /** Called with each line as it comes, as text of bounded length. */
  onLine?: (line: string) => void
  /** Log file that gets all bytes, but for known secrets. */
  keep?: KeptLog
}

export interface RunOptions extends Listeners {
  env?: Record<string, string>
  /** Time after which the command and its children are ended. */
  timeout?: Milliseconds
  /** Ends the command, which then rejects with the reason of the signal. */
  signal?: AbortSignal
}

/** The Docker engine, used through its command line: with argument vectors only, without a shell. */
export interface Docker {
  /** Runs `docker ARGS` and returns its result, whatever the exit code. */
  attempt(args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** Runs `docker ARGS` and returns its trimmed stdout; throws a Failure if the exit code is not 0. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
  /** Returns whether Docker has ever responded; if not, it holds nothing of this run. */
  hasAnswered(): boolean
  /** Passes the stdout of `docker ARGS`, of any size, to a reader; throws a Failure if the exit code is not 0. */
  stream<T>(args: readonly string[], read: (stdout: Readable) => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Passes a stream of any size to the stdin of `docker ARGS`; throws a Failure if the exit code is not 0. */
  feed(args: readonly string[], input: Readable, signal?: AbortSignal): Promise<void>
}

/** Maximum time to wait for a daemon that has responded before: it may be updated or restarted after a crash. */
const LONGEST_ABSENCE: Milliseconds = 30_000

const PROBE_INTERVAL: Milliseconds = 500

/** Commands that wait for a container, so that one which hangs would hold up the run until the limit of the job. */
const OF_CONTAINERS = new Set(['container', 'diff', 'logs', 'port', 'ps', 'rm', 'start'])

/** Limit for such a command: the removal of a large container takes seconds. */
const CONTAINER_LIMIT: Milliseconds = 180_000

/** Commands that the client answers without a daemon. */
const CLIENT_COMMANDS = new Set(['--version', 'context'])

export interface DockerOptions {
  clock?: Clock
  longestAbsence?: Milliseconds
  /** Limit for a command that waits for a container. */
  containerLimit?: Milliseconds
  /** Ends running commands; after that, every call rejects with the signal's reason. */
  cancelled?: AbortSignal
}

/**
 * Returns the Docker engine that the `docker` command on PATH talks to. An engine that disappears after it has responded is
 * waited for, until it has stayed away too long once.
 */
export function createDocker(environment: NodeJS.ProcessEnv, options: DockerOptions = {}): Docker {
  return new CommandLine(environment, options)
}

class CommandLine implements Docker {
  private state: 'unknown' | 'answered' | 'gone' = 'unknown'
  private readonly environment: NodeJS.ProcessEnv
  private readonly clock: Clock
  private readonly longestAbsence: Milliseconds
  private readonly containerLimit: Milliseconds
  private readonly cancelled: AbortSignal | undefined

  constructor(environment: NodeJS.ProcessEnv, options: DockerOptions) {
    this.clock = options.clock ?? systemClock
    this.longestAbsence = options.longestAbsence ?? LONGEST_ABSENCE
    this.containerLimit = options.containerLimit ?? CONTAINER_LIMIT
    this.cancelled = options.cancelled
    this.environment = {
      ...withoutInputs(environment),
      BUILDKIT_PROGRESS: 'plain',
      // An attestation would wrap the image in an index, whose digest is not that of the verified image.
      BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      DOCKER_CLI_HINTS: 'false'
    }
  }

  hasAnswered(): boolean {
    return this.state !== 'unknown'
  }

  async attempt(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const result = await this.once(args, options)
    const answered = result.exitCode === 0 && !CLIENT_COMMANDS.has(args[0] ?? '')
    if (answered && this.state === 'unknown') this.state = 'answered'
    // The daemon never received the command, so it is safe to retry.
    const away = result.exitCode !== 0 && DAEMON_UNREACHABLE.test(result.stderr)
    return away && (await this.comesBack()) ? await this.once(args, options) : result
  }

  async run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.attempt(args, options)
    if (result.exitCode !== 0) throw dockerFailure(args, result)
    return result.stdout.trim()
  }

  async stream<T>(
    args: readonly string[],
    read: (stdout: Readable) => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    return await readOutput(args, read, { ...this.groupOptions(signal), clock: this.clock })
  }

  async feed(args: readonly string[], input: Readable, signal?: AbortSignal): Promise<void> {
    await writeInput(args, input, this.groupOptions(signal))
  }

  private groupOptions(signal: AbortSignal | undefined): GroupOptions {
    return { env: this.environment, signal: this.endingWith(signal) }
  }

  private endingWith(signal: AbortSignal | undefined): AbortSignal | undefined {
    return this.cancelled && signal ? AbortSignal.any([this.cancelled, signal]) : (this.cancelled ?? signal)
  }

  /** Waits until the daemon responds again; returns false if it does not, and never waits again. */
  private async comesBack(): Promise<boolean> {
    const end = this.clock.now() + this.longestAbsence
    while (this.state === 'answered' && this.clock.now() < end) {
      const version = await this.once(['version'], { timeout: this.longestAbsence })
      if (version.exitCode === 0) return true
      await this.clock.sleep(PROBE_INTERVAL, this.cancelled)
    }
    if (this.state === 'answered') this.state = 'gone'
    return false
  }

  private async once(args: readonly string[], options: RunOptions): Promise<CommandResult> {
    const output = { stdout: '', stderr: '' }
    const listeners = { stdout: listenersOf(options), stderr: listenersOf(options) }
    const onData = (stream: 'stdout' | 'stderr', data: Buffer): void => {
      output[stream] = keptOf(output[stream], data.toString('utf8'))
      for (const listener of listeners[stream]) listener.push(data)
    }
    const env = { ...this.environment, ...options.env }
    const timeout = options.timeout ?? (waitsForContainer(args) ? this.containerLimit : undefined)
    const signal = this.endingWith(options.signal)
    signal?.throwIfAborted()
    try {
      const exitCode = isShort(args, timeout)
        ? await runShort(args, env, onData, signal)
        : await runGroup(args, { env, timeout, signal }, onData)
      for (const listener of [...listeners.stdout, ...listeners.stderr]) listener.end()
      return { exitCode, ...output }
    } catch (error) {
      if (signal?.aborted) throw error
      throw clientNotStarted(error)
    }
  }
}

/** Returns whether a command ends soon, unless its container hangs. */
function waitsForContainer(args: readonly string[]): boolean {
  return OF_CONTAINERS.has(args[0] ?? '') && !args.includes('--follow')
}

async function runGroup(
  args: readonly string[],
  options: GroupOptions,
  onData: (stream: 'stdout' | 'stderr', data: Buffer) => void
): Promise<number> {
  const group = startGroup('docker', args, options)
  for (const name of ['stdout', 'stderr'] as const)
    group[name].on('data', (data: Buffer) => onData(name, data))
  return await group.ended
}

function listenersOf({ onLine, keep }: Listeners): (LineSplitter | WholeLines)[] {
  return [...(onLine ? [new LineSplitter(onLine)] : []), ...(keep ? [keep.stream()] : [])]
}
