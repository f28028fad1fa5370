import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { ContainerEnd } from '../docker/containers.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { remotePortsIn } from '../probe/listeners.js'
import type { CheckpointContext } from './started-application.js'

/** Longest time for which connections are waited for: the HTTP client of the JDK closes an idle one after 30 s. */
const LONGEST_WAIT: Milliseconds = 35_000

const POLL_INTERVAL: Milliseconds = 500

/** Signatures of connections that an HTTP client may have opened; those of pools and message clients stay open. */
const MAY_CLOSE = new Set<string | undefined>([
  undefined,
  'jvm-open-socket',
  'jvm-open-resource',
  'jvm-busy-selector',
  'jvm-epoll',
  'fw-elasticsearch',
  'fw-exporter',
  'fw-discovery'
])

/**
 * Triggers the checkpoint; if the JVM refuses it because of connections that an HTTP client may keep for a while, waits until they are
 * closed, and triggers it again. Throws the first refusal if they stay open.
 */
export async function triggerPatiently(
  context: CheckpointContext,
  container: string,
  trigger: () => Promise<ContainerEnd>
): Promise<ContainerEnd> {
  try {
    return await trigger()
  } catch (error) {
    const ports = keptPorts(error)
    if (ports === undefined) throw error
    context.log.info(
      `The JVM refused the checkpoint because of open connections (to port ${ports.join(', ')}). Waiting for at most ` +
        `${seconds(LONGEST_WAIT)}, as HTTP clients close idle connections by themselves ...`
    )
    if (!(await areClosed(context, container, ports))) throw error
    context.log.info('The connections are closed. Triggering the checkpoint again.')
    return await trigger()
  }
}

/** Returns the ports of the servers if all that is open are connections that their client may close by itself; else undefined. */
export function keptPorts(error: unknown): number[] | undefined {
  if (!(error instanceof OpenResources) || !MAY_CLOSE.has(error.signature?.id)) return undefined
  const ports = new Set<number>()
  for (const { kind, listens, description } of error.resources) {
    // The inner life of the selector that has the connections.
    if (kind === 'other' && /anon_inode:\[event(?:poll|fd)\]/.test(description)) continue
    const port = /(?<!local)port=(\d+)|remotePort (\d+)|remote=[^\]=]{0,100}:(\d+)/.exec(description)
    if (kind !== 'socket' || listens || !port) return undefined
    ports.add(Number(port[1] ?? port[2] ?? port[3]))
  }
  return ports.size > 0 ? [...ports] : undefined
}

async function areClosed(
  { docker, clock }: CheckpointContext,
  container: string,
  ports: readonly number[]
): Promise<boolean> {
  const end = clock.now() + LONGEST_WAIT
  while (clock.now() < end) {
    await clock.sleep(POLL_INTERVAL)
    const open = await remotePortsIn(docker, container)
    if (open === undefined) return false
    if (!ports.some((port) => open.includes(port))) return true
  }
  return false
}
