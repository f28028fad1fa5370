import type { Reach } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { dockerEndpoint, findContainer } from '../docker/inspect.js'
import { Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** Limit for queries of an engine that has responded: on a slow machine the client alone takes seconds. */
const ANSWER_TIMEOUT: Milliseconds = 30_000
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/

/**
 * Returns how this process reaches the ports of containers: published on the loopback address, through the network of the
 * job's own container, or on the machine of a remote Docker. `hostname` is the name of this machine, which in a container is its id.
 */
export async function findReach(docker: Docker, hostname: string): Promise<Reach> {
  const remote = remoteHost(await dockerEndpoint(docker, ANSWER_TIMEOUT))
  if (remote !== undefined) return { by: 'published port', bind: '0.0.0.0', host: remote }
  const network = await ownNetwork(docker, hostname)
  if (network !== undefined) return { by: 'network', network }
  return { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' }
}

/** Throws a Failure if Docker does not have the network of the input `network`. */
export async function requireNetwork(docker: Docker, network: string): Promise<void> {
  const inspect = ['network', 'inspect', '--format', '{{.Name}}', '--', network]
  const { exitCode, stderr } = await docker.attempt(inspect, { timeout: ANSWER_TIMEOUT })
  if (exitCode === 0 || !/not found|No such network/i.test(stderr)) return
  throw new Failure('input', `Invalid input \`network\`: Docker has no network ${network}.`, {
    fix: 'Use that of a service of the job (`${{ job.services.postgres.network }}`), or run `docker network create` in an earlier step.'
  })
}

/** Returns whether Docker runs on this machine, so that no other machine uses it. */
export function isLocal(reach: Reach): boolean {
  return reach.by === 'network' || LOOPBACK.test(reach.bind)
}

function remoteHost(address: string): string | undefined {
  if (!/^(tcp|ssh|https?):\/\//.test(address) || !URL.canParse(address)) return undefined
  const { hostname } = new URL(address)
  // The loopback address belongs to this machine, or to a sidecar that shares its network.
  return hostname === '' || LOOPBACK.test(hostname) ? undefined : hostname.replace(/^\[|\]$/g, '')
}

/** Returns the network of the container that this process runs in, if Docker has that container. */
async function ownNetwork(docker: Docker, hostname: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{12}([0-9a-f]{52})?$/.test(hostname)) return undefined
  const container = await findContainer(docker, hostname, ANSWER_TIMEOUT)
  if (container === undefined) return undefined
  const networks = Object.keys(container.NetworkSettings.Networks)
  if (networks.includes('host')) return undefined
  const network = networks.find((name) => name !== 'none')
  if (network === undefined) {
    throw new Failure('runner', 'This job runs in a container without a network.', {
      fix: 'Give the job container a network: the application is reached through it.'
    })
  }
  return network
}
