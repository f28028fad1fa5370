import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock, within, EXPIRED } from '../src/clock.js'
import { probe, probeUrl, untilReady } from '../src/probe.js'

describe('probe', () => {
  let server: Server
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  async function serve(listener: RequestListener): Promise<URL> {
    server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  }

  test.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false]
  ])('status %d is good: %p', async (status, ok) => {
    const url = await serve((_, response) => response.writeHead(status).end('x'))
    expect(await probe(url)).toEqual({ ok, description: `status ${status}` })
  })

  test('does not keep the connection: it would be an open socket of the application', async () => {
    let connection: string | undefined
    const url = await serve((request, response) => {
      connection = request.headers.connection
      response.end()
    })
    await probe(url)
    expect(connection).toBe('close')
  })

  test('no listener, and a connection that breaks, are answers that are not good', async () => {
    const url = await serve((request) => request.socket.destroy())
    expect(await probe(url)).toEqual({ ok: false, description: 'ECONNRESET' })
    server.close()
    server.closeAllConnections()
    expect(await probe(url)).toEqual({ ok: false, description: 'ECONNREFUSED' })
  })
})

test('probeUrl goes to the published port, with the path of the ready URL', () => {
  expect(probeUrl(new URL('http://localhost:8080/health?full=1'), 32768).href).toBe(
    'http://127.0.0.1:32768/health?full=1'
  )
})

describe('untilReady', () => {
  test('asks until the answer is good', async () => {
    let asked = 0
    const request = () => Promise.resolve({ ok: ++asked === 3, description: '' })
    const result = await untilReady(request, 1, systemClock, new AbortController().signal)
    expect(result).toMatchObject({ ready: true })
    expect(asked).toBe(3)
  })

  test('stops at the signal, with the last answer', async () => {
    const stop = new AbortController()
    const request = () => {
      stop.abort()
      return Promise.resolve({ ok: false, description: 'status 503' })
    }
    expect(await untilReady(request, 1, systemClock, stop.signal)).toEqual({
      ready: false,
      last: { ok: false, description: 'status 503' }
    })
  })
})

describe('within', () => {
  test('gives what the work gives, or that it took too long', async () => {
    expect(await within(Promise.resolve(1), 1000, systemClock)).toBe(1)
    expect(await within(new Promise(() => undefined), 5, systemClock)).toBe(EXPIRED)
  })

  test('leaves no timer behind', async () => {
    let timers = 0
    const clock = {
      ...systemClock,
      sleep: async (duration: number, signal?: AbortSignal) => {
        timers++
        await systemClock.sleep(duration, signal).finally(() => timers--)
      }
    }
    await within(Promise.resolve(), 60_000, clock)
    await new Promise((resolve) => setImmediate(resolve))
    expect(timers).toBe(0)
  })
})
