import type { Clock } from '../lib/clock.js'
import type { Address } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Milliseconds } from '../lib/values.js'
import { send, type Answer, type HttpRequest } from './request.js'

/** How the application says that it is up. What is given has to hold, all of it; if nothing is, its port answers. */
export interface Readiness {
  url?: HttpRequest
  /** Run in the container; 0 is ready. */
  command?: readonly string[]
  /** A line of its output that matches. */
  log?: RegExp
  /** Where the application tells of its health, as its libraries say: asked only where nothing is given. */
  health?: string | undefined
}

/** One thing to ask until it holds. */
export interface Check {
  /** What the message names: `GET /health`. */
  name: string
  ask: () => Promise<Answer>
}

/** For one run of `ready-command`. */
const COMMAND_TIMEOUT: Milliseconds = 10_000

/** An application that takes the connection and says nothing for so long has an open port, if no web server. */
const SILENCE: Milliseconds = 1000

/** What can be asked from outside a container, and in it. */
export function checksOf(
  readiness: Readiness,
  { docker, container, address }: { docker: Docker; container: string; address: Address }
): Check[] {
  const { url, command } = readiness
  const checks: Check[] = []
  if (command) {
    checks.push({
      name: `ready-command (${command.join(' ')})`,
      ask: () => runCommand(docker, container, command)
    })
  }
  if (url) checks.push({ name: `${url.method} ${url.target}`, ask: () => send(address, url) })
  return checks
}

/**
 * For an application of which nothing but the port is known, and perhaps where it should tell of its health. There any
 * answer but that of a server which is not well will do: its path may be another, or want a login.
 */
export function portCheck(address: Address, port: number, health?: string): Check {
  return {
    name: health === undefined ? `port ${port}` : `port ${port}, GET ${health}`,
    ask: () => portAnswers(address, health ?? '/')
  }
}

export type Outcome = { ready: true; at: Milliseconds } | { ready: false; check: string; last: Answer }

/** Asks each check until it holds, or until the signal; `at` is the clock's time of the last good answer. */
export async function untilReady(
  checks: readonly Check[],
  interval: Milliseconds,
  clock: Clock,
  signal: AbortSignal
): Promise<Outcome> {
  let at = clock.now()
  for (const { name, ask } of checks) {
    let last: Answer = { ok: false, description: 'not asked' }
    while (!last.ok) {
      if (signal.aborted) return { ready: false, check: name, last }
      last = await ask()
      if (!last.ok) await clock.sleep(interval)
    }
    at = clock.now()
  }
  return { ready: true, at }
}

async function runCommand(docker: Docker, container: string, command: readonly string[]): Promise<Answer> {
  const result = await docker.attempt(['exec', container, ...command], { timeout: COMMAND_TIMEOUT })
  return { ok: result.exitCode === 0, description: `exit code ${result.exitCode}` }
}

/**
 * A TCP connection alone proves nothing: the engine's proxy takes it before there is an application. So a request is
 * sent, and any answer of a web server that is no error of its own will do, or that of another protocol, or silence.
 */
async function portAnswers(address: Address, target: string): Promise<Answer> {
  const request: HttpRequest = { method: 'GET', target, headers: { host: `localhost:${address.port}` } }
  const answer = await send(address, request, SILENCE)
  if (answer.ok) return answer
  const status = /^status (\d+)$/.exec(answer.description)?.[1]
  const ok = status ? Number(status) < 500 : /^(HPE_|no answer)/.test(answer.description)
  return { ...answer, ok }
}
