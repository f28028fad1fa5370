import type { Readable } from 'node:stream'
import { EXPIRED, systemClock, within, type Clock } from '../lib/clock.js'
import { isDiskFull } from '../lib/disk.js'
import { withoutInputs } from '../lib/environment.js'
import type { Milliseconds } from '../lib/values.js'
import { startGroup, type CommandResult } from './process-group.js'
import { dockerFailure, DAEMON_UNREACHABLE, clientNotStarted } from './failure.js'
import { LineSplitter, WholeLines } from '../lib/lines.js'

/** What is kept of each stream of a command, in characters: enough for any answer, too little for a log. */
const KEPT_OUTPUT = 1024 * 1024

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

/** A container engine, driven through its command line. Argument vectors only: there is no shell. */
export interface Docker {
  /** Runs `docker ARGS` and returns its result, whatever the exit code. */
  attempt(args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** Runs `docker ARGS` and returns its trimmed stdout; an exit code other than 0 is a Failure. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
  /** Whether it has answered at all: one that has not, has made nothing. */
  hasAnswered(): boolean
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
 * then is not there, it is waited for, once. `cancelled` ends what is under way, and from then on nothing is begun: everything
 * rejects with its reason.
 */
export function createDocker(
  environment: NodeJS.ProcessEnv,
  {
    clock = systemClock,
    longestAbsence = LONGEST_ABSENCE,
    cancelled
  }: { clock?: Clock; longestAbsence?: Milliseconds; cancelled?: AbortSignal } = {}
): Docker {
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
    const away = result.exitCode !== 0 && DAEMON_UNREACHABLE.test(result.stderr)
    return away && (await comesBack()) ? await once(args, options) : result
  }

  async function comesBack(): Promise<boolean> {
    const end = clock.now() + longestAbsence
    while (state === 'answered' && clock.now() < end) {
      const asked = await once(['version'], { timeout: longestAbsence })
      if (asked.exitCode === 0) return true
      await clock.sleep(PROBE_INTERVAL, cancelled)
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

    try {
      const group = startGroup('docker', args, {
        env: { ...clientEnvironment, ...options.env },
        timeout: options.timeout,
        signal: cancelled
      })
      for (const name of ['stdout', 'stderr'] as const)
        group[name].on('data', (data: Buffer) => take(name, data))
      const exitCode = await group.ended
      for (const listener of [...listening.stdout, ...listening.stderr]) listener.end()
      return { exitCode, ...output }
    } catch (error) {
      if (cancelled?.aborted) throw error
      throw clientNotStarted(error)
    }
  }

  async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await attempt(args, options)
    if (result.exitCode !== 0) throw dockerFailure(args, result)
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
          if (isDiskFull(error)) throw error
          // What breaks off is the engine's failure first.
          const code = await within(group.ended, SETTLING_TIME, clock)
          throw code === 0 || code === EXPIRED
            ? error
            : dockerFailure(args, { exitCode: code, stdout: '', stderr })
        }),
        group.ended
      ])
      if (exitCode !== 0) throw dockerFailure(args, { exitCode, stdout: '', stderr })
      return taken
    } finally {
      group.kill()
    }
  }

  return { attempt, run, stream, hasAnswered: () => state !== 'unknown' }
}

function listenersOf({ onLine, onBytes }: Listeners): (LineSplitter | WholeLines)[] {
  return [...(onLine ? [new LineSplitter(onLine)] : []), ...(onBytes ? [new WholeLines(onBytes)] : [])]
}
