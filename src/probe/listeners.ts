import { HOST_NETWORK, type ContainerSpec } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Milliseconds } from '../lib/values.js'

/** A TCP socket that listens in a container. */
export interface Listener {
  port: number
  /** true if it accepts connections from the container itself only. */
  loopback: boolean
}

/** Limit for the query, which takes some tenths of a second, and on a slow machine ten seconds. */
const TIMEOUT: Milliseconds = 30_000

/** State of a listening socket in /proc/net/tcp. https://docs.kernel.org/networking/proc_net_tcp.html */
const LISTEN = '0A'

/** Addresses of the loopback, as the kernel writes them: words of four bytes in the order of the machine. */
const LOOPBACK =
  /^(?:[0-9A-F]{6}7F|7F[0-9A-F]{6}|0{24}01000000|0{31}1|0{16}(?:FFFF0000|0000FFFF)(?:[0-9A-F]{6}7F|7F[0-9A-F]{6}))$/

/** 127.0.0.11, where Docker's own name server listens in the containers of a user-defined network, on a random port. */
const NAME_SERVER = /^(?:0B00007F|7F00000B)$/

/** Returns the TCP sockets that listen in a container; undefined where they cannot be read, as in an ended container. */
export async function listenersIn(docker: Docker, container: string): Promise<Listener[] | undefined> {
  const text = await readSockets(docker, container)
  return text === undefined ? undefined : parseListeners(text)
}

/** States of a socket that its process has open, connected or half closed. */
const CONNECTED = new Set(['01', '08'])

/** Returns the ports to which processes of a container have open connections; undefined where they cannot be read. */
export async function remotePortsIn(docker: Docker, container: string): Promise<number[] | undefined> {
  const text = await readSockets(docker, container)
  return text?.split('\n').flatMap((line) => {
    const [, , remote = '', state = ''] = line.trim().split(/\s+/)
    const port = /:([0-9A-F]{4})$/.exec(remote)?.[1]
    return port !== undefined && CONNECTED.has(state) ? [parseInt(port, 16)] : []
  })
}

async function readSockets(docker: Docker, container: string): Promise<string | undefined> {
  const read = 'cat /proc/net/tcp /proc/net/tcp6 2>/dev/null || true'
  const { exitCode, stdout } = await docker.attempt(['exec', container, 'sh', '-c', read], {
    timeout: TIMEOUT
  })
  return exitCode === 0 && stdout !== '' ? stdout : undefined
}

/** Returns the listening sockets in the text of /proc/net/tcp and /proc/net/tcp6, but for Docker's: one for each port, sorted by port. */
export function parseListeners(text: string): Listener[] {
  const byPort = new Map<number, boolean>()
  for (const line of text.split('\n')) {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const [, address = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(local) ?? []
    if (state !== LISTEN || address === '' || NAME_SERVER.test(address)) continue
    const number = parseInt(port, 16)
    byPort.set(number, LOOPBACK.test(address) && (byPort.get(number) ?? true))
  }
  return [...byPort]
    .map(([port, loopback]) => ({ port, loopback }))
    .sort((one, other) => one.port - other.port)
}

/** The first port that Linux gives to a socket that asks for any (net.ipv4.ip_local_port_range). */
const FIRST_RANDOM_PORT = 32_768

/** A sentence that says where the application listens, and what to do; undefined where that explains nothing. */
export interface Explanation {
  cause: string
  fix: string
}

/** What names a port that is not the one of the input `port`, and what to do if nothing listens there. */
export interface PortSource {
  /** `management.server.port in application.yml`. */
  name: string
  fix: string
}

/** A port from which a response is needed; `source` is undefined for that of the input `port`. */
export interface NeededPort {
  number: number
  source?: PortSource | undefined
}

/** Explains why no response came from a port of a container; undefined where its sockets do not explain it. */
export async function explainMissingPort(
  { docker, spec }: { docker: Docker; spec: Pick<ContainerSpec, 'name' | 'network'> },
  port: NeededPort | undefined
): Promise<Explanation | undefined> {
  // In the network of the machine, its own servers listen too.
  if (port === undefined || spec.network === HOST_NETWORK) return undefined
  const listeners = await listenersIn(docker, spec.name)
  return listeners && explainPort(port, listeners)
}

/** Explains why no response came from a port, from the sockets that listen in the container. */
export function explainPort(
  { number: port, source }: NeededPort,
  listeners: readonly Listener[]
): Explanation | undefined {
  const own = listeners.find((listener) => listener.port === port)
  if (source && !(own && !own.loopback)) return explainNamedPort(port, source, listeners)
  if (own?.loopback) {
    return {
      cause: `It listens on port ${port} of the container's loopback address only, where nobody outside of the container reaches it.`,
      fix: 'Let the server listen on 0.0.0.0: `server.address` (Spring), `micronaut.server.host`, `quarkus.http.host`, `server.host` (Helidon), or the address that your code binds.'
    }
  }
  if (own) return undefined
  const open = listeners.filter(({ loopback }) => !loopback).map((listener) => listener.port)
  const hidden = listeners.filter(({ loopback }) => loopback).map((listener) => listener.port)
  if (open.length > 0) {
    return {
      cause: `Nothing listens on port ${port} in the container; the application listens on ${ports(open)}.`,
      fix:
        open[0] !== undefined && open[0] >= FIRST_RANDOM_PORT
          ? `Let the application listen on ${port}, as ${open[0]} can be another port at the next start (\`server.port=0\`, \`quarkus.http.port=0\`); if it is always this one, set \`port: ${open[0]}\`.`
          : `Set \`port: ${open[0]}\`, or let the application listen on ${port}.`
    }
  }
  if (hidden.length > 0) {
    return {
      cause: `Nothing listens on port ${port} in the container; the application listens on ${ports(hidden)} of the loopback address only.`,
      fix: `Let the server listen on 0.0.0.0, and set \`port: ${hidden[0]}\`.`
    }
  }
  return {
    cause: 'The application does not listen on any TCP port.',
    fix: 'If it is a worker, a consumer or a scheduler, set `ready-log` to a line that it writes when it is ready, or `ready-command`; if it is a server that starts slowly, raise `startup-timeout`.'
  }
}

/** Explains why no response came from a port that a setting or another input names. */
function explainNamedPort(
  port: number,
  { name, fix }: PortSource,
  listeners: readonly Listener[]
): Explanation {
  const open = listeners.filter((listener) => !listener.loopback).map((listener) => listener.port)
  const own = listeners.some((listener) => listener.port === port)
  const where = own
    ? `The application listens on port ${port}, which comes from ${name}, on the loopback address of the container only`
    : `Nothing in the container listens on port ${port}, which comes from ${name}`
  const others = open.length === 0 ? '' : `; the application listens on ${ports(open)}`
  return { cause: `${where}${others}.`, fix }
}

function ports(numbers: readonly number[]): string {
  return `port${numbers.length > 1 ? 's' : ''} ${numbers.join(', ')}`
}
