import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { NAMELESS_SELECTOR } from '../diagnosis/open-socket.js'
import type { ContainerEnd } from '../docker/containers.js'
import { wholeSeconds, type Milliseconds } from '../lib/values.js'
import { remotePortsIn } from '../probe/listeners.js'
import type { CheckpointContext } from './started-application.js'

/** Longest time for which connections are waited for: the HTTP client of the JDK closes an idle one after 30 s. */
const LONGEST_WAIT: Milliseconds = 35_000

const POLL_INTERVAL: Milliseconds = 500

/** Pause between two lines of the log that say what is waited for. */
const PROGRESS_INTERVAL: Milliseconds = 10_000

/** Signatures of connections that an HTTP client may have opened; those of pools and message clients stay open. */
const MAY_CLOSE = new Set<string | undefined>([
  undefined,
  'jvm-open-socket',
  'jvm-open-resource',
  'jvm-busy-selector',
  'jvm-epoll',
  'fw-elasticsearch',
  'fw-exporter',
  'fw-discovery',
  'fw-store',
  'fw-data-grid',
  'fw-directory-mail',
  'fw-http-client'
])

/**
 * Triggers the checkpoint; if the JVM refuses it because of connections that an HTTP client may keep for a while, waits until they are
 * closed, and triggers it again. Throws the first refusal if they stay open. `rested` is the time that the application has been idle
 * already: a connection that is open after LONGEST_WAIT is not one that closes by itself.
 */
export async function triggerPatiently(
  context: CheckpointContext,
  container: string,
  trigger: () => Promise<ContainerEnd>,
  rested: Milliseconds = 0
): Promise<ContainerEnd> {
  try {
    return await trigger()
  } catch (error) {
    const ports = keptPorts(error)
    const limit = LONGEST_WAIT - rested
    if (ports === undefined || limit <= 0) throw error
    context.log.info(
      `The JVM refused the checkpoint because of open connections (to port ${ports.join(', ')}). Waiting for at most ` +
        `${wholeSeconds(limit)}, as HTTP clients close idle connections by themselves ...`
    )
    if (!(await areClosed(context, container, ports, limit))) throw error
    context.log.info('The connections are closed. Triggering the checkpoint again.')
    return await trigger()
  }
}

/** Returns the ports of the servers if all that is open are connections that their client may close by itself; else undefined. */
export function keptPorts(error: unknown): number[] | undefined {
  if (!(error instanceof OpenResources) || !MAY_CLOSE.has(error.signature?.id)) return undefined
  const ports = new Set<number>()
  for (const {
    kind,
    description,
    ports: { remote }
  } of error.resources) {
    // The inner life of the selector that has the connections.
    if (kind === 'other' && /anon_inode:\[event(?:poll|fd)\]/.test(description)) continue
    if (description === NAMELESS_SELECTOR) continue
    if (remote === undefined) return undefined
    ports.add(remote)
  }
  return ports.size > 0 ? [...ports] : undefined
}

async function areClosed(
  { docker, clock, log }: CheckpointContext,
  container: string,
  ports: readonly number[],
  limit: Milliseconds
): Promise<boolean> {
  const begin = clock.now()
  let reported = begin
  while (clock.now() - begin < limit) {
    await clock.sleep(POLL_INTERVAL)
    const open = await remotePortsIn(docker, container)
    if (open === undefined) return false
    const left = ports.filter((port) => open.includes(port))
    if (left.length === 0) return true
    if (clock.now() - reported < PROGRESS_INTERVAL) continue
    reported = clock.now()
    log.info(`After ${wholeSeconds(reported - begin)} they are still open (to port ${left.join(', ')}).`)
  }
  log.info(`After ${wholeSeconds(limit)} they are still open: nothing closes them before a checkpoint.`)
  return false
}
