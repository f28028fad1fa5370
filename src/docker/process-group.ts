import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { hasInput } from '../lib/input-variables.js'
import type { Milliseconds } from '../lib/values.js'

export interface GroupOptions {
  env: NodeJS.ProcessEnv
  signal?: AbortSignal | undefined
  /** Time after which the group gets SIGTERM, and a little later SIGKILL. */
  timeout?: Milliseconds | undefined
  /** Whether the command reads from `stdin`. Otherwise its input is empty. */
  input?: boolean
}

/** A running command, with all processes that it has started. */
export interface Group {
  /** undefined for a command that could not be started. */
  pid: number | undefined
  /** null for a command without input. */
  stdin: Writable | null
  stdout: Readable
  stderr: Readable
  /** Resolves to the exit code when both streams have ended; rejects with the signal's reason, or if the command cannot start. */
  ended: Promise<number>
  kill: () => void
}

/** Starts a program of the runner that reads its input and writes to its output. */
export type StartProgram = (command: string, args: readonly string[]) => Group

/** Returns a starter of programs that see nothing of an environment but its PATH. */
export function programsOn({ PATH }: NodeJS.ProcessEnv, signal?: AbortSignal): StartProgram {
  return (command, args) => startGroup(command, args, { env: { PATH, LC_ALL: 'C' }, signal, input: true })
}

export interface CommandResult {
  exitCode: number
  stdout: string
  stderr: string
}

/** Returns an environment without the step's inputs, which contain a token, and without the runner's own tokens. */
export function withoutInputs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !hasInput(name) && !name.startsWith('ACTIONS_'))
  )
}

/** Exit code of a command that was ended by its timeout, as that of coreutils' `timeout`. */
export const TIMED_OUT = 124

/** Time between SIGTERM and SIGKILL. */
const GRACE_PERIOD: Milliseconds = 5000

/**
 * Starts a command in a process group of its own: a docker client starts plugins, a script starts other programs, and
 * none of them may outlive it.
 */
export function startGroup(command: string, args: readonly string[], options: GroupOptions): Group {
  const { env, signal, timeout, input = false } = options
  signal?.throwIfAborted()
  const stdio = [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] as const
  const child = spawn(command, args, { env, detached: true, stdio: [...stdio] })
  let closed = false
  const end = (how: NodeJS.Signals): void => {
    if (!closed) endGroup(child, how)
  }
  const kill = (): void => end('SIGKILL')
  signal?.addEventListener('abort', kill)

  let timedOut = false
  const timers: NodeJS.Timeout[] = []
  if (timeout !== undefined) {
    const terminate = (): void => {
      timedOut = true
      end('SIGTERM')
      timers.push(setTimeout(kill, GRACE_PERIOD))
    }
    timers.push(setTimeout(terminate, timeout))
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
  const { pid, stdin, stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('a command was started without pipes')
  return { pid, stdin, stdout, stderr, ended, kill }
}

function endGroup({ pid }: ChildProcess, how: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, how)
  } catch {
    // The group has ended.
  }
}
