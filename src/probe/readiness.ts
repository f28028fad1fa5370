import type { Clock } from '../lib/clock.js'
import type { LinePattern } from '../lib/line-pattern.js'
import { addressOf, type Address, type ContainerSpec } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Milliseconds } from '../lib/values.js'
import type { LogWatch } from './log-watch.js'
import { listenersIn, type NeededPort } from './listeners.js'
import { isSilent, portResponds, urlResponds, type Serves } from './responds.js'
import { shownTarget, type Answer, type HttpRequest } from './request.js'

/** What shows that the application is ready. All that is given has to hold; if nothing is given, its port has to respond. */
export interface Readiness {
  url?: HttpRequest | undefined
  /** Command to run in the container; exit code 0 means ready. */
  command?: readonly string[] | undefined
  /** Pattern of a line of the output. */
  log?: LinePattern | undefined
  /** Path of the health endpoint that the application's libraries provide; used only where nothing is given. */
  health?: string | undefined
  /** Server of its own that has the health endpoint; undefined where it is on the application's port. */
  management?: ManagementServer | undefined
}

/** A server for health and metrics beside that of the application. */
export interface ManagementServer {
  port: number
  tls: boolean
  /** The setting for its port: `management.server.port`. */
  setting: string
  /** The setting that says so, and where it is, for messages: `management.server.port in application.yml`. */
  source: string
}

export interface Check {
  /** Name in messages: `GET /health`. */
  name: string
  /** Port that has to respond; undefined for a check that needs none. */
  port?: NeededPort
  run: () => Promise<Answer>
}

/** A started container, and what its checks need. */
export interface Target {
  docker: Docker
  spec: Pick<ContainerSpec, 'name' | 'port' | 'reach' | 'network'>
  address: Address
  /** Watches the output for the pattern of the readiness. */
  log: LogWatch
}

/** Limit for one run of `ready-command`. */
const COMMAND_TIMEOUT: Milliseconds = 10_000

/** Returns the ports, other than the application's, from which a response is needed. */
export function otherPorts({ url, command, log, management }: Readiness): number[] {
  if (url) return url.port === undefined ? [] : [url.port]
  return management && !command && !log ? [management.port] : []
}

/** The checks for a started container: all conditions, or a response of the port where no condition is given. */
export function checksFor(readiness: Readiness, target: Target, serves?: Serves): Check[] {
  const { url, command, log } = readiness
  const checks: Check[] = []
  if (command) {
    const name = `ready-command (${command.join(' ')})`
    checks.push({ name, run: () => runCommand(target.docker, target.spec.name, command) })
  }
  if (url) checks.push(urlCheck(url, target, serves))
  if (log) checks.push({ name: `ready-log ${log.source}`, run: () => Promise.resolve(lineSeen(target.log)) })
  return checks.length > 0 ? checks : portChecks(readiness, target, serves)
}

/** The checks where no condition is given: a response of the port, and of the server that has the health endpoint. */
export function portChecks({ health, management }: Readiness, target: Target, serves?: Serves): Check[] {
  const { address, spec } = target
  const path = management ? undefined : health
  const own: Check = {
    // Any response of a working server counts: the real path of the health endpoint may differ, or need a login.
    name: path === undefined ? `port ${spec.port}` : `port ${spec.port}, GET ${path}`,
    port: { number: spec.port },
    run: async () => await unlessOfProxy(target, await portResponds(address, path, serves))
  }
  if (!management || health === undefined) return [own]
  const { port, tls, setting, source } = management
  return [
    own,
    {
      name: `port ${port} (${setting}), GET ${health}`,
      port: {
        number: port,
        source: {
          name: source,
          fix:
            'Set `ready-url: /`, or another condition, if the application does not open that port; if it opens it on the loopback address only, ' +
            `let it listen on 0.0.0.0; if it opens another one, set \`ready-url: http://localhost:PORT${health}\`.`
        }
      },
      run: async () => {
        const other = { ...(await addressOf(target.docker, spec, port)), tls }
        return { ...(await portResponds(other, health, tls ? 'tls' : 'plain')), tls: false }
      }
    }
  ]
}

/** Returns an answer; silence does not count where nothing listens in the container, as Docker's proxy is silent, too, if it cannot reach it. */
async function unlessOfProxy({ docker, spec }: Target, answer: Answer): Promise<Answer> {
  if (!answer.ok || !isSilent(answer)) return answer
  const listeners = await listenersIn(docker, spec.name)
  const ok = listeners?.some(({ port, loopback }) => port === spec.port && !loopback) ?? true
  return { ...answer, ok }
}

/** The request to send where the user names none: the one of `ready-url` on the application's port, or else a guess. */
export function standardRequest({ url, health, management }: Readiness, port: number): HttpRequest {
  if (url && url.port === undefined) return url
  return { method: 'GET', target: management ? '/' : (health ?? '/'), headers: { host: `localhost:${port}` } }
}

export type Outcome =
  { ready: true; at: Milliseconds; tls: boolean } | { ready: false; check: Check; last: Answer }

/** Repeats each check until it holds, or until the signal; `at` is the clock's time at which the last one did. */
export async function untilReady(
  checks: readonly Check[],
  interval: Milliseconds,
  clock: Clock,
  signal: AbortSignal
): Promise<Outcome> {
  let at = -Infinity
  let tls = false
  for (const check of checks) {
    let last: Answer = { ok: false, description: 'not checked' }
    while (!last.ok) {
      if (signal.aborted) return { ready: false, check, last }
      last = await check.run()
      if (!last.ok) await clock.sleep(interval)
    }
    at = Math.max(at, last.at ?? clock.now())
    tls ||= last.tls ?? false
  }
  return { ready: true, at, tls }
}

/** Returns what is on the application's port of a container that is ready; undefined where that cannot be read. */
export async function findServes({ docker, spec, address }: Target): Promise<Serves> {
  const listeners = await listenersIn(docker, spec.name)
  if (!listeners) return undefined
  if (!listeners.some(({ port }) => port === spec.port)) return 'nothing'
  return (await portResponds(address, undefined)).tls ? 'tls' : 'plain'
}

function urlCheck(url: HttpRequest, { docker, spec, address }: Target, serves: Serves): Check {
  const port = url.port ?? spec.port
  return {
    name: `${url.method} ${url.port === undefined ? '' : `port ${url.port}, `}${shownTarget(url.target)}`,
    port: {
      number: port,
      source:
        url.port === undefined
          ? undefined
          : {
              name: '`ready-url`',
              fix: 'Correct the port in `ready-url`, or let the application listen there on 0.0.0.0.'
            }
    },
    run: async () => {
      const at = url.port === undefined ? address : await addressOf(docker, spec, url.port)
      return await urlResponds(at, url, serves)
    }
  }
}

function lineSeen(log: LogWatch): Answer {
  const at = log.matchedAt()
  return at === undefined
    ? { ok: false, description: 'no line of the output matched it' }
    : { ok: true, description: 'a line of the output matched it', at }
}

async function runCommand(docker: Docker, container: string, command: readonly string[]): Promise<Answer> {
  const result = await docker.attempt(['exec', container, ...command], { timeout: COMMAND_TIMEOUT })
  return { ok: result.exitCode === 0, description: `exit code ${result.exitCode}` }
}
