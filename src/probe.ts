import { get } from 'node:http'
import type { Clock } from './clock.js'

/** What came back of one request. */
export type Answer = { ok: boolean; description: string }

/** For one request, in milliseconds: an application that starts may accept and not answer. */
const REQUEST_TIMEOUT = 5000

/**
 * One GET. Good is any status of 200 to 399. The connection is not kept: at a checkpoint it would be an open
 * socket of the application.
 */
export async function probe(url: URL): Promise<Answer> {
  return await new Promise((resolve) => {
    const request = get(
      url,
      { agent: false, headers: { connection: 'close' }, timeout: REQUEST_TIMEOUT },
      (response) => {
        const status = response.statusCode ?? 0
        response.on('error', () => resolve({ ok: false, description: 'the connection broke' }))
        response.on('end', () =>
          resolve({ ok: status >= 200 && status < 400, description: `status ${status}` })
        )
        response.resume()
      }
    )
    request.on('timeout', () => request.destroy(new Error(`no answer within ${REQUEST_TIMEOUT / 1000} s`)))
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ ok: false, description: error.code ?? error.message })
    })
  })
}

/** Where the probe goes, given the URL as it is inside the container. */
export function probeUrl(readyUrl: URL, publishedPort: number): URL {
  const url = new URL(readyUrl)
  url.hostname = '127.0.0.1'
  url.port = String(publishedPort)
  return url
}

export type Readiness = { ready: true; at: number } | { ready: false; last: Answer }

/** Probes until a good answer or until the signal; `at` is the clock's time of the answer. */
export async function untilReady(
  request: () => Promise<Answer>,
  interval: number,
  clock: Clock,
  signal: AbortSignal
): Promise<Readiness> {
  let last: Answer = { ok: false, description: 'no request was made' }
  while (!signal.aborted) {
    last = await request()
    if (last.ok) return { ready: true, at: clock.now() }
    await clock.sleep(interval)
  }
  return { ready: false, last }
}
