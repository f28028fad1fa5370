import { lookup } from 'node:dns/promises'
import { readdir, readFile } from 'node:fs/promises'
import { BlockList, isIPv6 } from 'node:net'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import type { Dispatcher } from 'undici'
import type { Docker } from '../docker/docker.js'
import { dockerInfo } from '../docker/inspect.js'
import { dispatcherFor, sendToServer } from '../http/client.js'
import type { Milliseconds } from '../lib/values.js'
import { DOCKER_HUB } from './reference.js'

/** Address of a registry, and the connections to it. */
export interface Endpoint {
  /** `https://ghcr.io`. */
  origin: URL
  dispatcher: Dispatcher
}

export interface EndpointContext {
  docker: Docker
  environment: NodeJS.ProcessEnv
  /** Root of the file system with the certificates of the machine. */
  root: string
}

const PING_TIMEOUT: Milliseconds = 5000

/**
 * Finds a registry in the way of Docker: Docker Hub under its other name, TLS with the certificates of the machine and of
 * the registry (/etc/docker/certs.d), proxies, and plain HTTP for a registry that Docker lists as insecure.
 */
export async function endpointOf(registry: string, context: EndpointContext): Promise<Endpoint> {
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry
  const origin = new URL(`https://${host}`)
  const insecure = await isInsecure(registry, origin.hostname, context.docker)
  const tls = { ...(await certificates(registry, context)), rejectUnauthorized: !insecure }
  const dispatcher = dispatcherFor(origin, tls)
  if (!insecure) return { origin, dispatcher }
  const ping = { method: 'GET', url: new URL('/v2/', origin), dispatcher, timeout: PING_TIMEOUT } as const
  const hasTls = await sendToServer(ping).then(
    () => true,
    () => false
  )
  if (hasTls) return { origin, dispatcher }
  await dispatcher.close()
  const plain = new URL(`http://${host}`)
  return { origin: plain, dispatcher: dispatcherFor(plain) }
}

// https://docs.docker.com/reference/cli/dockerd/#insecure-registries
async function isInsecure(registry: string, hostname: string, docker: Docker): Promise<boolean> {
  const config = (await dockerInfo(docker))?.RegistryConfig
  const secure = config?.IndexConfigs?.[registry]?.Secure
  if (secure !== undefined) return !secure
  const list = new BlockList()
  for (const block of config?.InsecureRegistryCIDRs ?? ['127.0.0.0/8', '::1/128']) {
    const [net = '', bits] = block.split('/')
    list.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4')
  }
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
  return addresses.some(({ address, family }) => list.check(address, family === 6 ? 'ipv6' : 'ipv4'))
}

// https://docs.docker.com/engine/security/certificates/
async function certificates(registry: string, { environment, root }: EndpointContext): Promise<object> {
  const folder = path.join(root, 'etc/docker/certs.d', registry)
  const names = (await readdir(folder).catch(() => [])).sort()
  const read = async (...files: string[]): Promise<string[]> => {
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
    return texts.filter((text) => text !== '')
  }
  const own = (extension: string): Promise<string[]> =>
    read(...names.filter((name) => name.endsWith(extension)).map((name) => path.join(folder, name)))
  const [cert, key] = [await own('.cert'), await own('.key')]
  return {
    // Docker trusts the list of the machine, which Node's own list does not contain.
    ca: [
      ...rootCertificates,
      ...(await read(path.join(root, 'etc/ssl/certs/ca-certificates.crt'))),
      ...(await read(environment['NODE_EXTRA_CA_CERTS'] ?? '', environment['SSL_CERT_FILE'] ?? '')),
      ...(await own('.crt'))
    ],
    ...(cert.length > 0 && key.length > 0 ? { cert: cert[0], key: key[0] } : {})
  }
}
