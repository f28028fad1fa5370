import { afterEach, describe, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, copyFileSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { digestOf } from '../../src/lib/digest.js'
import { parseChallenge } from '../../src/registry/authorization.js'
import { RepositoryClient, type Blob } from '../../src/registry/client.js'
import type { Credentials } from '../../src/registry/credentials.js'
import { endpointOf } from '../../src/registry/endpoint.js'
import { fakeDocker } from '../support/fake-docker.js'

const TLS = path.join(path.dirname(new URL(import.meta.url).pathname), 'tls')
const servers: Server[] = []
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return `localhost:${(server.address() as AddressInfo).port}`
}

function clientOf(
  registry: string,
  options: { credentials?: Credentials; insecure?: boolean; root?: string } = {}
) {
  const pauses: number[] = []
  const { insecure = true, root = '/nowhere' } = options
  const docker = fakeDocker(() =>
    JSON.stringify({ RegistryConfig: { IndexConfigs: { [registry]: { Secure: !insecure } } } })
  )
  const world = {
    clock: {
      now: () => 0,
      sleep: (pause: number) => {
        pauses.push(pause)
        return Promise.resolve()
      }
    },
    patience: { tryTimeout: 2000, pauseUnit: 1000, longestTotalWait: 1000 },
    info: () => undefined,
    credentials: () => Promise.resolve(options.credentials),
    endpoint: () => endpointOf(registry, { docker, environment: {}, root })
  }
  return { client: new RepositoryClient(world, registry, 'acme/hello'), pauses }
}

/** A registry that requires a token, which it returns for an expected request. */
function tokenRegistry(
  isExpected: (method: string, url: URL, headers: Record<string, unknown>, body: string) => boolean
): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      if (url.pathname === '/token') {
        const right = isExpected(request.method ?? '', url, request.headers, body)
        response.writeHead(right ? 200 : 401).end(JSON.stringify({ access_token: 'good' }))
      } else if (request.headers.authorization === 'Bearer good') {
        response.end('{}')
      } else {
        const scope = 'repository:acme/hello:pull'
        const challenge = `Bearer realm="${url.origin}/token",service="s",scope="${scope}"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
  }
}

describe('a login', () => {
  test('by password is sent to the token server', async () => {
    const registry = await listen(
      createServer(
        tokenRegistry(
          (method, url, { authorization }) =>
            method === 'GET' &&
            url.search === '?service=s&scope=repository%3Aacme%2Fhello%3Apull' &&
            authorization === `Basic ${Buffer.from('me:word').toString('base64')}`
        )
      )
    )
    const credentials = { kind: 'password', username: 'me', password: 'word' } as const
    expect(await clientOf(registry, { credentials }).client.manifest('x')).toBeDefined()
    await expect(clientOf(registry).client.manifest('x')).rejects.toMatchObject({
      signature: { id: 'reg-unauthorized' }
    })
  })

  test('by identity token is posted to the token server', async () => {
    const registry = await listen(
      createServer(
        tokenRegistry((method, _, __, body) => method === 'POST' && body.includes('refresh_token=identity&'))
      )
    )
    const credentials = { kind: 'identity', token: 'identity' } as const
    expect(await clientOf(registry, { credentials }).client.manifest('x')).toBeDefined()
  })

  test('is not sent to a token server without TLS, nor to another host', async () => {
    let requests = 0
    const other = await listen(
      createServer((request, response) => {
        requests += request.headers.authorization === undefined ? 0 : 1
        response.end('{}')
      })
    )
    const [key, cert] = ['key.pem', 'certificate.pem'].map((file) => readFileSync(path.join(TLS, file)))
    const registry = await listen(
      createSecureServer({ key, cert }, (_, response) => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${other}/token"` }).end()
      })
    )
    const credentials = { kind: 'password', username: 'me', password: 'word' } as const
    await expect(clientOf(registry, { credentials }).client.manifest('x')).rejects.toMatchObject({
      category: 'registry'
    })

    const moved = await listen(
      createServer((request, response) => {
        if (request.headers.authorization === undefined)
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
        else response.writeHead(307, { location: `http://${other}/stored` }).end()
      })
    )
    expect((await clientOf(moved, { credentials }).client.blob(digestOf(Buffer.from('{}')))).toString()).toBe(
      '{}'
    )
    expect(requests).toBe(0)
  })

  const credentials = { kind: 'password', username: 'me', password: 'word' } as const
  async function recordingServer(answer: RequestListener): Promise<{ host: string; logins: string[] }> {
    const logins: string[] = []
    const host = await listen(
      createServer((request, response) => {
        if (request.headers.authorization !== undefined) logins.push(request.headers.authorization)
        answer(request, response)
      })
    )
    return { host, logins }
  }

  test('is not sent to a host that the registry redirects to', async () => {
    const other = await recordingServer((request, response) => {
      const challenge = `Bearer realm="http://${request.headers.host}/token"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    const registry = await listen(
      createServer((_, response) => response.writeHead(307, { location: `http://${other.host}/x` }).end())
    )
    await expect(clientOf(registry, { credentials }).client.manifest('x')).rejects.toMatchObject({
      status: 401
    })
    expect(other.logins).toEqual([])
  })

  test('is not sent to a host that the token server redirects to', async () => {
    const other = await recordingServer((_, response) => response.end('{"token":"stolen"}'))
    const registry = await listen(
      createServer((request, response) => {
        if (request.url?.startsWith('/token'))
          return response.writeHead(302, { location: `http://${other.host}/x` }).end()
        const realm = `http://${request.headers.host}/token`
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
      })
    )
    await expect(clientOf(registry, { credentials }).client.manifest('x')).rejects.toMatchObject({
      category: 'registry'
    })
    expect(other.logins).toEqual([])
  })
})

describe('a challenge', () => {
  const bearer = { scheme: 'bearer', parameters: { realm: 'https://a.io/token', service: 's' } }
  test.each([
    ['Basic realm="x", Bearer realm="https://a.io/token",service="s"', bearer],
    ['Negotiate, Bearer realm="https://a.io/token", service="s"', bearer],
    ['Negotiate dG9rZW4=, Bearer realm="https://a.io/token",service="s"', bearer],
    ['Bearer realm="https://a.io/token",service=s', bearer],
    ['bearer realm = "https://a.io/token" , service = s', bearer],
    ['Basic realm="a \\"b\\""', { scheme: 'basic', parameters: { realm: 'a "b"' } }],
    ['Negotiate', undefined],
    ['realm="x"', undefined],
    ['', undefined]
  ])('%s is understood', (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge)
  })

  test('is met by the access token of a response that has an empty token too', async () => {
    const registry = await listen(
      createServer((request, response) => {
        if (request.url?.startsWith('/token')) return response.end('{"token":"","access_token":"good"}')
        if (request.headers.authorization === 'Bearer good') return response.end('{}')
        const realm = `http://${request.headers.host}/token`
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
      })
    )
    expect(await clientOf(registry).client.manifest('x')).toBeDefined()
  })
})

describe('an upload', () => {
  const content = Buffer.from('content of a layer')
  const blob = (): Blob => ({
    digest: digestOf(content),
    size: content.length,
    open: () => Readable.from([content])
  })
  const readAll = async (request: IncomingMessage): Promise<string> => (await buffer(request)).toString()

  test('goes to no address without TLS that a registry with TLS names', async () => {
    let requests = 0
    const other = await listen(createServer((_, response) => response.writeHead(201).end(++requests)))
    const [key, cert] = ['key.pem', 'certificate.pem'].map((file) => readFileSync(path.join(TLS, file)))
    const registry = await listen(
      createSecureServer({ key, cert }, (_, response) =>
        response.writeHead(202, { location: `http://${other}/latest` }).end()
      )
    )
    await expect(clientOf(registry).client.upload(blob())).rejects.toThrow(
      `${registry} names an address without TLS for content: http://${other}, to which nothing is sent.`
    )
    expect(requests).toBe(0)
  })

  test('is repeated with a new token if its token ends before its content is sent', async () => {
    const uploads: string[] = []
    let tokens = 0
    const registry = await listen(
      createServer((request, response) => {
        if (request.url === '/token?scope=repository%3Aacme%2Fhello%3Apull%2Cpush')
          return response.end(JSON.stringify({ token: `${++tokens}` }))
        const isNew = request.headers.authorization === `Bearer ${request.method === 'PUT' ? 2 : tokens}`
        void readAll(request).then((body) => {
          if (!isNew || tokens === 0) {
            const realm = `http://${request.headers.host}/token`
            response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
          } else if (request.method === 'POST') {
            response.writeHead(202, { location: '/upload' }).end()
          } else {
            uploads.push(body)
            response.writeHead(201).end()
          }
        })
      })
    )
    await clientOf(registry).client.upload(blob())
    expect(uploads).toEqual([content.toString()])
  })

  test('follows redirects that keep the method', async () => {
    const uploads: string[] = []
    const registry = await listen(
      createServer((request, response) => {
        void readAll(request).then((body) => {
          if (request.url?.startsWith('/v2/')) response.writeHead(307, { location: '/begin' }).end()
          else if (request.url === '/begin') response.writeHead(202, { location: '/moved' }).end()
          else if (request.url?.startsWith('/moved')) response.writeHead(308, { location: '/store' }).end()
          else response.writeHead(201).end(void uploads.push(`${request.method} ${body}`))
        })
      })
    )
    await clientOf(registry).client.upload(blob())
    expect(uploads).toEqual([`PUT ${content.toString()}`])
  })

  test.each([
    ['405 of the registry', 405, false],
    ['403 of a server to which the registry redirects', 403, true]
  ])('is not refused because of a query for the blob that ends with %s', async (_, status, redirects) => {
    const store = await listen(createServer((_, response) => response.writeHead(status).end()))
    const registry = await listen(
      createServer((_, response) =>
        response.writeHead(redirects ? 307 : status, redirects ? { location: `http://${store}/` } : {}).end()
      )
    )
    expect(await clientOf(registry).client.hasBlob(blob().digest)).toBe(false)
  })
})

test('a blob with another digest is refused', async () => {
  const registry = await listen(createServer((_, response) => response.end('other')))
  const digest = digestOf(Buffer.from('x'))
  await expect(clientOf(registry).client.blob(digest)).rejects.toMatchObject({
    message: `${registry} has other content under ${digest}.`
  })
})

test('fails after waits of five minutes when a registry always requests another try at once', async () => {
  let requests = 0
  const registry = await listen(
    createServer((_, response) => {
      requests++
      response.writeHead(429, { 'retry-after': '0' }).end()
    })
  )
  await expect(clientOf(registry).client.manifest('x')).rejects.toMatchObject({ status: 429 })
  expect(requests).toBe(301)
})

describe('retries', () => {
  test.each([
    [503, {}, 3, [2000, 4000]],
    [429, { 'retry-after': '7' }, 43, Array.from({ length: 42 }, () => 7000)],
    [429, { 'retry-after': '301' }, 1, []],
    [403, {}, 1, []],
    [413, {}, 1, []]
  ])('status %d with %j: %d tries', async (status, headers, tries, expected) => {
    let requests = 0
    const registry = await listen(
      createServer((_, response) => {
        requests++
        response.writeHead(status, headers).end()
      })
    )
    const { client, pauses } = clientOf(registry)
    await expect(client.manifest('x')).rejects.toMatchObject({ category: 'registry', status })
    // One more, to find out whether it has TLS, never gets as far as a request.
    expect(requests).toBe(tries)
    expect(pauses).toEqual(expected)
  })

  test('a registry that is not reachable fails with the cause', async () => {
    const registry = await listen(createServer())
    servers.splice(0).forEach((server) => server.close())
    await expect(clientOf(registry).client.manifest('x')).rejects.toMatchObject({
      signature: { id: 'reg-net' }
    })
  })
})

describe('TLS', () => {
  async function secure(): Promise<string> {
    const [key, cert] = ['key.pem', 'certificate.pem'].map((file) => readFileSync(path.join(TLS, file)))
    return await listen(createSecureServer({ key, cert }, (_, response) => response.end('{}')))
  }
  test('refuses a certificate of an unknown authority', async () => {
    const registry = await secure()
    const { client, pauses } = clientOf(registry, { insecure: false })
    await expect(client.manifest('x')).rejects.toMatchObject({ signature: { id: 'reg-tls' } })
    expect(pauses).toEqual([])
  })
  test('accepts a certificate in /etc/docker/certs.d, and any certificate of an insecure registry', async () => {
    const registry = await secure()
    const root = mkdtempSync(path.join(tmpdir(), 'tls-'))
    folders.push(root)
    const folder = path.join(root, 'etc/docker/certs.d', registry)
    mkdirSync(folder, { recursive: true })
    copyFileSync(path.join(TLS, 'certificate.pem'), path.join(folder, 'ca.crt'))
    expect(await clientOf(registry, { insecure: false, root }).client.manifest('x')).toBeDefined()
    expect(await clientOf(registry).client.manifest('x')).toBeDefined()
  })
})
