import { lookup } from 'node:dns/promises'
import { readdir, readFile } from 'node:fs/promises'
import { BlockList, isIPv6 } from 'node:net'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import type { Docker } from '../docker/docker.js'
import { dockerInfo } from '../docker/inspect.js'
import type { Milliseconds } from '../lib/values.js'
import { DOCKER_HUB } from './reference.js'

/** Where a registry answers, and the connections to it. */
export interface Endpoint {
  /** `https://ghcr.io`. */
  origin: URL
  dispatcher: Dispatcher
}

export interface EndpointWorld {
  docker: Docker
  environment: NodeJS.ProcessEnv
  /** Root of the file system in which the machine keeps its certificates. */
  root: string
}

const PING_TIMEOUT: Milliseconds = 5000

/**
 * Finds a registry as the engine would: Docker Hub under its other name, TLS with the machine's and the registry's own
 * certificates (/etc/docker/certs.d), proxies, and plain HTTP for a registry that the engine lists as insecure.
 */
export async function endpointOf(registry: string, world: EndpointWorld): Promise<Endpoint> {
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry
  const origin = new URL(`https://${host}`)
  const insecure = await isInsecure(registry, origin.hostname, world.docker)
  const tls = { ...(await certificates(registry, world)), rejectUnauthorized: !insecure }
  const dispatcher = connections(origin, tls)
  if (!insecure) return { origin, dispatcher }
  const secured = await request(new URL('/v2/', origin), { dispatcher, headersTimeout: PING_TIMEOUT }).then(
    async ({ body }) => {
      await body.dump()
      return true
    },
    () => false
  )
  if (secured) return { origin, dispatcher }
  await dispatcher.close()
  const plain = new URL(`http://${host}`)
  return { origin: plain, dispatcher: connections(plain, {}) }
}

function connections(origin: URL, tls: object): Dispatcher {
  const proxy = getProxyUrl(origin)
  return proxy
    ? new ProxyAgent({
        uri: `${proxy.protocol}//${proxy.host}`,
        requestTls: tls,
        ...(proxy.username === '' ? {} : { token: basic(proxy) })
      })
    : new Agent({ connect: tls })
}

function basic({ username, password }: URL): string {
  const both = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(both).toString('base64')}`
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
async function certificates(registry: string, { environment, root }: EndpointWorld): Promise<object> {
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
    // Node's own list is not that of the machine, which the engine trusts.
    ca: [
      ...rootCertificates,
      ...(await read(path.join(root, 'etc/ssl/certs/ca-certificates.crt'))),
      ...(await read(environment['NODE_EXTRA_CA_CERTS'] ?? '', environment['SSL_CERT_FILE'] ?? '')),
      ...(await own('.crt'))
    ],
    ...(cert.length > 0 && key.length > 0 ? { cert: cert[0], key: key[0] } : {})
  }
}
