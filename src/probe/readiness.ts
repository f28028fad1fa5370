import type { Clock } from '../lib/clock.js'
import type { LinePattern } from '../lib/line-pattern.js'
import type { Address } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Milliseconds } from '../lib/values.js'
import { send, shownTarget, type Answer, type HttpRequest } from './request.js'

/** What shows that the application is ready. All that is given has to hold; if nothing is given, its port has to respond. */
export interface Readiness {
  url?: HttpRequest | undefined
  /** Command to run in the container; exit code 0 means ready. */
  command?: readonly string[] | undefined
  /** Pattern of a line of the output. */
  log?: LinePattern | undefined
  /** Path of the health endpoint that the application's libraries provide; used only where nothing is given. */
  health?: string | undefined
}

export interface Check {
  /** Name in messages: `GET /health`. */
  name: string
  run: () => Promise<Answer>
}

/** Limit for one run of `ready-command`. */
const COMMAND_TIMEOUT: Milliseconds = 10_000

/** An application that accepts a connection and sends nothing for so long has an open port, if not a web server. */
const SILENCE: Milliseconds = 1000

/**
 * The checks for a started container. Where neither a URL, a command nor a log pattern is given, its port has to
 * respond. The caller watches the output for the log pattern.
 */
export function checksFor(
  { url, command, log, health }: Readiness,
  { docker, container, address, port }: { docker: Docker; container: string; address: Address; port: number }
): Check[] {
  const checks: Check[] = []
  if (command) {
    checks.push({
      name: `ready-command (${command.join(' ')})`,
      run: () => runCommand(docker, container, command)
    })
  }
  if (url) checks.push({ name: `${url.method} ${shownTarget(url.target)}`, run: () => send(address, url) })
  if (checks.length > 0 || log) return checks
  // Any response of a working server counts: the real path of the health endpoint may differ, or need a login.
  const name = health === undefined ? `port ${port}` : `port ${port}, GET ${health}`
  return [{ name, run: () => portResponds(address, health ?? '/') }]
}

/** The request to send where the user names none: the one of `ready-url`, or else a guess. */
export function standardRequest({ url, health = '/' }: Readiness, port: number): HttpRequest {
  return url ?? { method: 'GET', target: health, headers: { host: `localhost:${port}` } }
}

export type Outcome = { ready: true; at: Milliseconds } | { ready: false; check: string; last: Answer }

/** Repeats each check until it holds, or until the signal; `at` is the clock's time of the last successful response. */
export async function untilReady(
  checks: readonly Check[],
  interval: Milliseconds,
  clock: Clock,
  signal: AbortSignal
): Promise<Outcome> {
  let at = clock.now()
  for (const { name, run } of checks) {
    let last: Answer = { ok: false, description: 'not checked' }
    while (!last.ok) {
      if (signal.aborted) return { ready: false, check: name, last }
      last = await run()
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
 * Sends a request to the port: a TCP connection alone proves nothing, as Docker's proxy accepts it before there is an
 * application. Any response below status 500 counts, and so do another protocol and silence.
 */
async function portResponds(address: Address, target: string): Promise<Answer> {
  const request: HttpRequest = { method: 'GET', target, headers: { host: `localhost:${address.port}` } }
  const answer = await send(address, request, SILENCE)
  if (answer.ok) return answer
  const status = /^status (\d+)$/.exec(answer.description)?.[1]
  const ok = status ? Number(status) < 500 : /^(HPE_|no answer)/.test(answer.description)
  return { ...answer, ok }
}
