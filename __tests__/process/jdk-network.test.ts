import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import path from 'node:path'
import type { Handler } from '../support/http-server.js'
import { ROOT } from '../support/inputs.js'
import {
  archive,
  download,
  downloads,
  expectFailure,
  expectSuccess,
  folder,
  gitHub,
  NAME,
  prepareJdkTests,
  server,
  servers
} from '../support/jdk-command.js'

prepareJdkTests()

describe('crac-checkpoint jdk', () => {
  describe('a rate limit', () => {
    const limited =
      (headers: Record<string, string>): Handler =>
      (_, response) =>
        response
          .writeHead(403, { 'content-type': 'application/json', ...headers })
          .end(readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-403-rate-limit.json')))

    test('fails at once when the limit ends late, and names its end and `github-token`', async () => {
      const reset = Math.floor(Date.now() / 1000) + 1800
      const api = await server(limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) }))
      const run = await download(api)
      await expectFailure(run, `exceeded until ${new Date(reset * 1000).toISOString()}`, 'Set `github-token`')
      expect(api.requests).toHaveLength(1)
    })

    const soon = (): string => String(Math.ceil(Date.now() / 1000) + 2)
    test.each<[string, number, () => Record<string, string>]>([
      ['403 with retry-after', 403, () => ({ 'retry-after': '1' })],
      ['429 with retry-after', 429, () => ({ 'retry-after': '1' })],
      [
        '403 with x-ratelimit-reset',
        403,
        () => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': soon() })
      ]
    ])('is waited for when it ends soon (%s)', async (_, status, headers) => {
      const works = gitHub()
      const secondary = readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-403-secondary.json'))
      const api = await server((request, response, count) => {
        if (count > 1) works(request, response, count)
        else response.writeHead(status, headers()).end(secondary)
      })
      const run = await download(api)
      await expectSuccess(run)
      expect(run.seconds).toBeGreaterThanOrEqual(1)
    })

    test('does not suggest a token when one is set', async () => {
      const api = await server(limited({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' }))
      await expectFailure(
        await download(api, { GITHUB_TOKEN: 'secret' }),
        'Run the job again after that time'
      )
    })
  })

  test('404 is not retried, and the message names the request', async () => {
    const api = await server((_, response) =>
      response.writeHead(404).end(readFileSync(path.join(ROOT, '__tests__/fixtures/github-error-404.json')))
    )
    await expectFailure(
      await download(api),
      'The releases of CRaC/openjdk-builds could not be read',
      'does not have /repos/CRaC/openjdk-builds/releases (status 404)'
    )
    expect(api.requests).toHaveLength(1)
  })

  test.each([500, 502, 503])('%d is retried, and the third try works', async (status) => {
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (count > 2) works(request, response, count)
      else response.writeHead(status).end('<html>Unicorn</html>')
    })
    await expectSuccess(await download(api))
  })

  test('503 on every try fails after four tries, with the status', async () => {
    const api = await server((_, response) => response.writeHead(503).end('down'))
    await expectFailure(await download(api), 'responds with status 503')
    expect(api.requests).toHaveLength(4)
  })

  test('a connection reset is retried', async () => {
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (count > 1) works(request, response, count)
      else request.socket.destroy()
    })
    await expectSuccess(await download(api))
  })

  test('uses the cached response of an earlier run, with a warning, when the API is down', async () => {
    let down = false
    const works = gitHub()
    const api = await server((request, response, count) => {
      if (down) response.writeHead(503).end()
      else works(request, response, count)
    })
    await expectSuccess(await download(api))
    down = true
    await rm(path.join(folder, 'output', NAME))
    const run = await download(api)
    await expectSuccess(run)
    expect(run.stderr).toMatch(
      /warning: .* responds with status 503\. Using the cached response of an earlier run/
    )
  })

  test('an API that hangs fails after four tries', async () => {
    const api = await server(() => undefined)
    const run = await download(api)
    await expectFailure(run, 'timed out after 0.3 s')
    expect(api.requests).toHaveLength(4)
    expect(run.seconds).toBeLessThan(10)
  })

  test('a download that stalls fails', async () => {
    const stall: Handler = (_, response) =>
      void response.writeHead(200, { 'content-length': 1000 }).write('x')
    const api = await server(gitHub({ asset: { size: 1000 }, archive: stall }))
    await expectFailure(await download(api), 'no data for 0.3 s')
  })

  test.each([
    ['HTML', 'text/html', '<html>Please log in</html>', 'text/html instead of JSON'],
    ['broken JSON', 'application/json', '[{"tag_name": "24', 'broken JSON']
  ])('%s in place of JSON fails with its type and its first bytes', async (_, type, body, message) => {
    const api = await server((_, response) => response.writeHead(200, { 'content-type': type }).end(body))
    await expectFailure(await download(api), message, body)
  })

  test('an incomplete download is retried once', async () => {
    let tries = 0
    const breaking: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': archive.length })
      if (++tries > 1) response.end(archive)
      else response.write(archive.subarray(0, 10), () => response.destroy())
    }
    await expectSuccess(await download(await server(gitHub({ archive: breaking }))))
    expect(tries).toBe(2)
  })

  test('a download that is incomplete twice fails, and leaves no file', async () => {
    const short: Handler = (_, response) => response.writeHead(200).end(archive.subarray(0, 10))
    const api = await server(gitHub({ archive: short }))
    await expectFailure(await download(api), `it has 10 bytes, but the source has ${archive.length}`)
    expect(downloads(api)).toBe(2)
  })

  describe('redirects', () => {
    test('do not receive the token of the API', async () => {
      const storage = await server((_, response) => response.writeHead(200).end(archive))
      const redirect: Handler = (_, response) =>
        response.writeHead(302, { location: `${storage.url}/signed` }).end()
      const api = await server(gitHub({ archive: redirect }))
      await expectSuccess(await download(api, { GITHUB_TOKEN: 'secret' }))
      expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
        'token secret',
        'Bearer secret'
      ])
      expect(api.requests.at(-1)?.headers.accept).toBe('application/octet-stream')
      expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
    })

    test('a request with a refused token is sent again without it', async () => {
      const works = gitHub()
      const api = await server((request, response, count) => {
        if (request.headers.authorization) response.writeHead(401).end('{"message":"Bad credentials"}')
        else works(request, response, count)
      })
      const run = await download(api, { GITHUB_TOKEN: 'expired' })
      await expectSuccess(run)
      expect(run.stderr).toContain('refuses the token; trying without it')
    })

    test('from https to http are refused', async () => {
      const plain = await server((_, response) => response.writeHead(200).end(archive))
      const redirect: Handler = (_, response) => response.writeHead(302, { location: plain.url }).end()
      const api = await server(gitHub({ archive: redirect, scheme: 'https' }), certificate())
      await expectFailure(
        await download(api, { NODE_EXTRA_CA_CERTS: CERTIFICATE }),
        'redirects from https to http:'
      )
      expect(plain.requests).toEqual([])
    })

    test('are followed five times at most', async () => {
      const api = await server((_, response) => response.writeHead(302, { location: '/again' }).end())
      await expectFailure(await download(api), 'more than 5 redirects')
    })
  })

  describe('proxies and certificates', () => {
    test('a proxy is used for the API and the download, except for hosts in no_proxy', async () => {
      const api = await server(gitHub())
      const port = new URL(api.url).port
      const proxy = await connectProxy()
      // A name that only the proxy can resolve.
      const url = `http://api.test:${port}`
      const proxied = { http_proxy: proxy.url }
      await expectSuccess(await download(url, proxied))
      expect(proxy.connected).toEqual([`api.test:${port}`, `api.test:${port}`])
      await rm(path.join(folder, 'cache'), { recursive: true })
      await rm(path.join(folder, 'output', NAME))
      await expectFailure(
        await download(url, { ...proxied, no_proxy: 'api.test' }),
        /api\.test:\d+ is not available/
      )
      expect(proxy.connected).toHaveLength(2)
    })

    test('a private certificate authority is accepted with NODE_EXTRA_CA_CERTS, and the error is named without', async () => {
      const api = await server(gitHub({ scheme: 'https' }), certificate())
      await expectFailure(await download(api), /is not available: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/)
      await expectSuccess(await download(api, { NODE_EXTRA_CA_CERTS: CERTIFICATE }))
    })
  })
})

/** A proxy that resolves every name to this machine. */
async function connectProxy(): Promise<{ url: string; connected: string[] }> {
  const connected: string[] = []
  const proxy: Server = createServer()
  proxy.on('connect', (request, socket) => {
    connected.push(request.url ?? '')
    const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  servers.push({
    close: async () => {
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    }
  })
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, connected }
}
const CERTIFICATE = path.join(ROOT, '__tests__/fixtures/tls/cert.pem')

function certificate(): { key: Buffer; cert: Buffer } {
  return {
    key: readFileSync(path.join(ROOT, '__tests__/fixtures/tls/key.pem')),
    cert: readFileSync(CERTIFICATE)
  }
}
