import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import { systemClock } from '../../src/lib/clock.js'
import type { Address } from '../../src/docker/containers.js'
import { checksFor, untilReady, type Readiness } from '../../src/probe/readiness.js'
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

const checkOf = (address: Address, readiness: Readiness = {}, docker = fakeDocker(() => '')) =>
  checksFor(readiness, { docker, container: 'c', address, port: 8080 })[0]

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
      check: 'b',
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
