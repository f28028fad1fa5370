import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { systemClock } from '../../src/lib/clock.js'
import type { Address } from '../../src/docker/containers.js'
import { checksOf, portCheck, untilReady } from '../../src/probe/readiness.js'
import { send, type HttpRequest } from '../../src/probe/request.js'
import { fakeDocker } from '../support/fake-docker.js'

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

describe('send', () => {
  test.each([
    [200, undefined, true],
    [204, undefined, true],
    [404, undefined, false],
    [503, undefined, false],
    [404, 404, true],
    [200, 201, false],
    [302, 302, true]
  ])('status %d, expected %p, is good: %p', async (status, expected, ok) => {
    const address = await serve((_, response) => response.writeHead(status, { location: '/' }).end('x'))
    const request = expected === undefined ? GET : { ...GET, status: expected }
    expect(await send(address, request)).toEqual({ ok, description: `status ${status}` })
  })

  test('follows redirects within the application, and takes one that leads out of it for an answer', async () => {
    const asked: string[] = []
    const address = await serve((request, response) => {
      asked.push(request.url ?? '')
      if (request.url === '/') response.writeHead(302, { location: '/login?a=b' }).end()
      else if (request.url === '/sso') response.writeHead(302, { location: 'https://sso.example/' }).end()
      else if (request.url === '/round') response.writeHead(302, { location: '/round' }).end()
      else response.writeHead(200).end()
    })
    expect(await send(address, GET)).toEqual({ ok: true, description: 'status 200' })
    expect(asked).toEqual(['/', '/login?a=b'])
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

  test('no listener, and a connection that breaks, are answers that are not good', async () => {
    const address = await serve((request) => request.socket.destroy())
    expect(await send(address, GET)).toEqual({ ok: false, description: 'ECONNRESET' })
    server.close()
    expect(await send(address, GET)).toEqual({ ok: false, description: 'ECONNREFUSED' })
  })
})

describe('the port, when nothing else is known', () => {
  test.each([
    [200, true],
    [404, true],
    [500, false]
  ])('a web server that answers with %d: %p', async (status, ok) => {
    const address = await serve((_, response) => response.writeHead(status).end())
    expect(await portCheck(address, 8080).ask()).toMatchObject({ ok })
  })

  test.each([
    [200, true],
    [401, true],
    [404, true],
    [503, false]
  ])('where it should tell of its health: %d: %p', async (status, ok) => {
    const address = await serve((request, response) =>
      response.writeHead(request.url === '/health' ? status : 200).end()
    )
    const check = portCheck(address, 8080, '/health')
    expect(check.name).toBe('port 8080, GET /health')
    expect(await check.ask()).toMatchObject({ ok })
  })

  test('a server of another protocol, or one that waits, has an open port; a connection that is closed at once has not', async () => {
    const other = await listen(createTcpServer((socket) => socket.end('SSH-2.0\r\n')))
    expect(await portCheck(other, 8080).ask()).toMatchObject({ ok: true })
    server.close()
    const silent = await listen(createTcpServer(() => undefined))
    expect(await portCheck(silent, 8080).ask()).toMatchObject({ ok: true })
    server.close()
    const proxy = await listen(createTcpServer((socket) => socket.destroy()))
    expect(await portCheck(proxy, 8080).ask()).toMatchObject({ ok: false })
  })
})

describe('untilReady', () => {
  const check = (name: string, answers: boolean[]) => ({
    name,
    ask: () => Promise.resolve({ ok: answers.shift() ?? false, description: name })
  })

  test('asks each check until it holds, one after the other', async () => {
    server = createServer()
    const checks = [check('a', [false, true]), check('b', [true])]
    expect(await untilReady(checks, 1, systemClock, new AbortController().signal)).toMatchObject({
      ready: true
    })
  })

  test('stops at the signal, with the check that did not hold and its last answer', async () => {
    server = createServer()
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20)
    expect(await untilReady([check('a', [true]), check('b', [])], 1, systemClock, stop.signal)).toEqual({
      ready: false,
      check: 'b',
      last: { ok: false, description: 'b' }
    })
  })

  test('a command runs in the container, as words, with a limit', async () => {
    server = createServer()
    const docker = fakeDocker(() => ({ exitCode: 3 }))
    const [command] = checksOf(
      { command: ['pg_isready', '$(id)'] },
      { docker, container: 'c', address: { host: '', port: 0 } }
    )
    expect(await command?.ask()).toEqual({ ok: false, description: 'exit code 3' })
    expect(docker.calls[0]?.args).toEqual(['exec', 'c', 'pg_isready', '$(id)'])
    expect(docker.calls[0]?.options.timeout).toBeGreaterThan(0)
  })
})
