import { afterEach, describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createSecureServer as createHttp2Server } from 'node:http2'
import { createServer as createSecureServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import path from 'node:path'
import { LinePattern } from '../../src/lib/line-pattern.js'
import { systemClock } from '../../src/lib/clock.js'
import type { Address } from '../../src/docker/containers.js'
import { watchLog } from '../../src/probe/log-watch.js'
import {
  checksFor,
  findServes,
  otherPorts,
  standardRequest,
  untilReady,
  type Readiness,
  type Target
} from '../../src/probe/readiness.js'
import { send, type HttpRequest } from '../../src/probe/request.js'
import { portResponds } from '../../src/probe/responds.js'
import { fakeDocker } from '../support/fake-docker.js'
import { ROOT } from '../support/inputs.js'

const fixture = (name: string): string =>
  readFileSync(path.join(ROOT, '__tests__/fixtures/tls', name), 'utf8')

let server: Server | TcpServer
afterEach(() => {
  if ('closeAllConnections' in server) server.closeAllConnections()
  server.close()
})

async function listen(made: Server | TcpServer): Promise<Address> {
  server = made
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}
const serve = (listener: RequestListener): Promise<Address> => listen(createServer(listener))
const GET: HttpRequest = { method: 'GET', target: '/', headers: { host: 'localhost:8080' } }

const targetOf = (address: Address, { log }: Readiness = {}, docker = fakeDocker(() => '')): Target => ({
  docker,
  spec: {
    name: 'c',
    port: 8080,
    network: undefined,
    reach: { by: 'published port', bind: '127.0.0.1', host: '127.0.0.1' }
  },
  address,
  log: watchLog(systemClock, log)
})
const checkOf = (address: Address, readiness: Readiness = {}, docker = fakeDocker(() => '')) =>
  checksFor(readiness, targetOf(address, readiness, docker))[0]

describe('send', () => {
  test.each([
    [200, undefined, true],
    [204, undefined, true],
    [404, undefined, false],
    [503, undefined, false],
    [404, 404, true],
    [200, 201, false],
    [302, 302, true]
  ])('status %d, expected %p: success %p', async (status, expected, ok) => {
    const address = await serve((_, response) => response.writeHead(status, { location: '/' }).end('x'))
    const request = expected === undefined ? GET : { ...GET, status: expected }
    expect(await send(address, request)).toEqual({ ok, description: `status ${status}` })
  })

  test('follows redirects within the application; a redirect out of it is a response', async () => {
    const targets: string[] = []
    const address = await serve((request, response) => {
      targets.push(request.url ?? '')
      if (request.url === '/') response.writeHead(302, { location: '/login?a=b' }).end()
      else if (request.url === '/sso') response.writeHead(302, { location: 'https://sso.example/' }).end()
      else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
      else response.writeHead(200).end()
    })
    expect(await send(address, GET)).toEqual({ ok: true, description: 'status 200' })
    expect(targets).toEqual(['/', '/login?a=b'])
    expect(await send(address, { ...GET, target: '/sso' })).toEqual({ ok: true, description: 'status 302' })
    expect(await send(address, { ...GET, target: '/round' })).toEqual({
      ok: false,
      description: 'more than 5 redirects'
    })
  })

  test('sends method, headers and body, and does not keep the connection', async () => {
    let seen = ''
    const address = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        seen = `${request.method} ${String(request.headers['x-tenant'])} ${request.headers.host} ${request.headers.connection} ${text}`
      })
      request.on('end', () => response.end())
    })
    await send(address, {
      method: 'POST',
      target: '/',
      headers: { ...GET.headers, 'x-tenant': 'acme' },
      body: Buffer.from('{}')
    })
    expect(seen).toBe('POST acme localhost:8080 close {}')
  })

  test('a stream of events counts with its status, though it never ends; one that stops does not', async () => {
    const events = (until: number) =>
      serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        let sent = 0
        const beat = setInterval(() => ++sent < until && response.write('data: beat\n\n'), 20)
        response.on('close', () => clearInterval(beat))
      })
    expect(await send(await events(Infinity), GET, 200)).toEqual({ ok: true, description: 'status 200' })
    server.close()
    expect(await send(await events(3), GET, 200)).toEqual({
      ok: false,
      description: 'no answer within 0.2 s'
    })
  })

  test('a missing listener and a broken connection are failures', async () => {
    const address = await serve((request) => request.socket.destroy())
    expect(await send(address, GET)).toEqual({ ok: false, description: 'ECONNRESET' })
    server.close()
    expect(await send(address, GET)).toEqual({ ok: false, description: 'ECONNREFUSED' })
  })
})

describe('the check of the port, where no other condition is given', () => {
  test.each([
    [200, true],
    [404, true],
    [500, false]
  ])('a web server that responds with %d: %p', async (status, ok) => {
    const address = await serve((_, response) => response.writeHead(status).end())
    expect(await checkOf(address)?.run()).toMatchObject({ ok })
  })

  test.each([
    [200, true],
    [401, true],
    [404, true],
    [503, false]
  ])('a health endpoint that responds with %d: %p', async (status, ok) => {
    const address = await serve((request, response) =>
      response.writeHead(request.url === '/health' ? status : 200).end()
    )
    const check = checkOf(address, { health: '/health' })
    expect(check?.name).toBe('port 8080, GET /health')
    expect(await check?.run()).toMatchObject({ ok })
  })

  test('waits for the response of a health endpoint longer than for that of a port', async () => {
    const address = await serve((request, response) => {
      const delay = request.url === '/health' ? 1200 : 0
      setTimeout(() => response.writeHead(503).end(), delay)
    })
    const check = checkOf(address, { health: '/health' })
    expect(await check?.run()).toMatchObject({ ok: false, description: 'status 503' })
  })

  test('accepts another protocol and a silent server, but not a connection that is closed at once', async () => {
    const other = await listen(createTcpServer((socket) => socket.end('SSH-2.0\r\n')))
    expect(await checkOf(other)?.run()).toMatchObject({ ok: true })
    server.close()
    const silent = await listen(createTcpServer(() => undefined))
    expect(await checkOf(silent)?.run()).toMatchObject({ ok: true })
    server.close()
    const proxy = await listen(createTcpServer((socket) => socket.destroy()))
    expect(await checkOf(proxy)?.run()).toMatchObject({ ok: false })
  })

  test.each([
    ['  sl  local_address\n   0: 00000000:1F90 00000000:0000 0A', true],
    ['  sl  local_address\n   0: 00000000:1F91 00000000:0000 0A', false],
    ['  sl  local_address\n   0: 0100007F:1F90 00000000:0000 0A', false]
  ])('a silent port is that of the application if the container listens on it: %j', async (text, ok) => {
    const silent = await listen(createTcpServer(() => undefined))
    const docker = fakeDocker(() => text)
    expect(await checkOf(silent, {}, docker)?.run()).toMatchObject({ ok })
  })
})

describe('a server that speaks TLS', () => {
  const tls = { cert: fixture('cert.pem'), key: fixture('key.pem') }
  const secure = (status = 200): Promise<Address> =>
    listen(createSecureServer(tls, (_, response) => response.writeHead(status).end()))

  test.each([
    [200, true],
    [404, true],
    [503, false]
  ])('is found on its port without any input; status %d: %p', async (status, ok) => {
    const answer = await checkOf(await secure(status))?.run()
    expect(answer).toMatchObject({ ok, tls: true, description: `status ${status}` })
  })

  test('is called by ready-url, whether it is an https URL or a path', async () => {
    const address = await secure()
    expect(await checkOf(address, { url: { ...GET, tls: true } })?.run()).toMatchObject({
      ok: true,
      tls: true
    })
    expect(await checkOf(address, { url: GET })?.run()).toMatchObject({ ok: true, tls: true })
    expect(await checkOf(address, { url: { ...GET, status: 204 } })?.run()).toMatchObject({ ok: false })
    expect(await send({ ...address, tls: true }, GET)).toEqual({ ok: true, description: 'status 200' })
  })

  test.each<[string, () => Server | TcpServer]>([
    ['wants a certificate of its client', () => createSecureServer({ ...tls, requestCert: true })],
    [
      'wants one in the handshake of TLS 1.2',
      () => createSecureServer({ ...tls, requestCert: true, maxVersion: 'TLSv1.2' })
    ],
    ['speaks HTTP/2 only, as gRPC does', () => createHttp2Server({ ...tls, allowHTTP1: false })]
  ])('is found on its port if it %s, whatever it does with a request', async (_, made) => {
    const address = await listen(made())
    expect(await checkOf(address)?.run()).toMatchObject({ ok: true, tls: true })
    expect(await portResponds(address, undefined, 'tls')).toMatchObject({ ok: true })
    expect(await portResponds(address, '/health')).toMatchObject({ ok: true, tls: true })
    expect(await checkOf(address, { url: { ...GET, tls: true } })?.run()).toMatchObject({ ok: false })
  })

  test('is not found where every connection is closed in the handshake', async () => {
    const address = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())))
    expect(await checkOf(address)?.run()).toMatchObject({ ok: false })
  })

  test('is not ready while its health endpoint does not respond', async () => {
    const address = await listen(createSecureServer(tls, () => undefined))
    expect(await portResponds(address, '/health')).toEqual({
      ok: false,
      description: 'no answer within 5 s',
      tls: true
    })
  }, 15_000)

  test('a plain server is not called over TLS', async () => {
    const address = await serve((_, response) => response.end())
    expect(await checkOf(address)?.run()).toEqual({ ok: true, description: 'status 200' })
    expect(await checkOf(address, { url: { ...GET, tls: true } })?.run()).toMatchObject({ ok: false })
  })
})

describe('a port beside that of the application', () => {
  const management = {
    port: 8081,
    tls: false,
    setting: 'management.server.port',
    source: 'management.server.port in application.yml'
  }
  const published = (address: Address) =>
    fakeDocker((args) => (args[0] === 'port' && args[2] === '8081/tcp' ? `127.0.0.1:${address.port}` : ''))

  test('a URL on another port is requested there', async () => {
    const address = await serve((_, response) => response.end())
    const url = { ...GET, port: 8081 }
    const check = checkOf({ host: '127.0.0.1', port: 1 }, { url }, published(address))
    expect(check).toMatchObject({
      name: 'GET port 8081, /',
      port: { number: 8081, source: { name: '`ready-url`' } }
    })
    expect(await check?.run()).toMatchObject({ ok: true })
    expect(otherPorts({ url })).toEqual([8081])
    expect(standardRequest({ url }, 8080)).toMatchObject({ target: '/', headers: { host: 'localhost:8080' } })
  })

  test('the health endpoint is requested on the management server, and the port has to respond', async () => {
    const address = await serve((request, response) =>
      response.writeHead(request.url === '/actuator/health' ? 503 : 200).end()
    )
    const readiness = { health: '/actuator/health', management }
    const [own, other] = checksFor(readiness, targetOf(address, readiness, published(address)))
    expect(own).toMatchObject({ name: 'port 8080', port: { number: 8080 } })
    expect(await own?.run()).toMatchObject({ ok: true })
    expect(other?.name).toBe('port 8081 (management.server.port), GET /actuator/health')
    expect(await other?.run()).toMatchObject({ ok: false, description: 'status 503' })
    expect(otherPorts(readiness)).toEqual([8081])
    expect(otherPorts({ ...readiness, log: new LinePattern('x') })).toEqual([])
    expect(standardRequest(readiness, 8080).target).toBe('/')
  })
})

describe('ready-log', () => {
  test('is a check like the others: it holds from the line that matches on', async () => {
    const address = await serve((_, response) => response.end())
    const target = targetOf(address, { log: new LinePattern('is up') })
    const [check] = checksFor({ log: new LinePattern('is up') }, target)
    expect(check?.name).toBe('ready-log is up')
    expect(await check?.run()).toEqual({ ok: false, description: 'no line of the output matched it' })
    target.log.onLine('the shop is up')
    expect(await check?.run()).toMatchObject({ ok: true, at: expect.any(Number) })
  })

  test.each([
    ['  sl  local_address\n   0: 00000000:1F91 00000000:0000 0A', 'nothing'],
    ['  sl  local_address\n   0: 00000000:1F90 00000000:0000 0A', 'plain'],
    ['', undefined]
  ])('the sockets of the container show whether the port serves: %j', async (text, serves) => {
    const address = await serve((_, response) => response.end())
    expect(
      await findServes(
        targetOf(
          address,
          {},
          fakeDocker(() => text)
        )
      )
    ).toBe(serves)
  })
})

describe('untilReady', () => {
  const check = (name: string, answers: boolean[]) => ({
    name,
    run: () => Promise.resolve({ ok: answers.shift() ?? false, description: name })
  })

  test('repeats each check until it holds, one after the other', async () => {
    server = createServer()
    const checks = [check('a', [false, true]), check('b', [true])]
    expect(await untilReady(checks, 1, systemClock, new AbortController().signal)).toMatchObject({
      ready: true
    })
  })

  test('stops at the signal, with the failed check and its last response', async () => {
    server = createServer()
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    expect(await untilReady([check('a', [true]), check('b', [])], 1, systemClock, stop.signal)).toEqual({
      ready: false,
      check: expect.objectContaining({ name: 'b' }),
      last: { ok: false, description: 'b' }
    })
  })

  test('runs the command in the container without a shell, with a time limit', async () => {
    server = createServer()
    const docker = fakeDocker(() => ({ exitCode: 3 }))
    const command = checkOf({ host: '', port: 0 }, { command: ['pg_isready', '$(id)'] }, docker)
    expect(await command?.run()).toEqual({ ok: false, description: 'exit code 3' })
    expect(docker.calls[0]?.args).toEqual(['exec', 'c', 'pg_isready', '$(id)'])
    expect(docker.calls[0]?.options.timeout).toBeGreaterThan(0)
  })
})
