import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Milliseconds } from '../lib/values.js'

export interface GroupOptions {
  env: NodeJS.ProcessEnv
  /** Ends the group at once. */
  signal?: AbortSignal | undefined
  /** Asks the group to end after this time, and ends it a little later. */
  timeout?: Milliseconds | undefined
}

/** A command that runs, with all that it has started. */
export interface Group {
  stdout: Readable
  stderr: Readable
  /** Its exit code, when both of its streams are at their end. Rejects with the signal's reason, or where it cannot be started. */
  ended: Promise<number>
  /** Ends all of it. */
  kill: () => void
}

/** What a command gave in the end. */
export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** Returns an environment without the step's inputs, which contain a token, and without the runner's own tokens. */
export function withoutInputs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(INPUT_|ACTIONS_)/.test(name)))
}

/** The exit code of a command that had to be ended because its time was over, as coreutils' `timeout` has it. */
export const TIMED_OUT = 124

/** Between the request to end and the end. */
const LAST_WORDS: Milliseconds = 5000

/**
 * Starts a command in a process group of its own: a docker client starts plugins, and a script whatever it likes, and
 * none of them must outlive it.
 */
export function startGroup(command: string, args: readonly string[], options: GroupOptions): Group {
  const { env, signal, timeout } = options
  signal?.throwIfAborted()
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let closed = false
  const end = (how: NodeJS.Signals): void => {
    if (!closed) endGroup(child, how)
  }
  const kill = (): void => end('SIGKILL')
  signal?.addEventListener('abort', kill)

  let timedOut = false
  const timers: NodeJS.Timeout[] = []
  if (timeout !== undefined) {
    const ask = (): void => {
      timedOut = true
      end('SIGTERM')
      timers.push(setTimeout(kill, LAST_WORDS))
    }
    timers.push(setTimeout(ask, timeout))
  }
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (signal?.aborted) reject(signal.reason as Error)
      else resolve(timedOut ? TIMED_OUT : (code ?? 1))
    })
  }).finally(() => {
    closed = true
    signal?.removeEventListener('abort', kill)
    timers.forEach(clearTimeout)
  })
  ended.catch(() => undefined)
  return { stdout: child.stdout, stderr: child.stderr, ended, kill }
}

function endGroup({ pid }: ChildProcess, how: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, how)
  } catch {
    // It has ended.
  }
}
