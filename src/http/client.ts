import { Readable } from 'node:stream'
import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { Agent, errors, getGlobalDispatcher, Headers, ProxyAgent, request, type Dispatcher } from 'undici'
import { messageOf } from '../lib/errors.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { HttpFailure } from './retry.js'

export interface ServerRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  url: URL
  /** Headers by lower-case name; `authorization` is sent to the origin of `url` only. */
  headers?: Record<string, string>
  /** A stream can be sent once: a retry needs a new one. */
  body?: Readable | Buffer | string | undefined
  /** Maximum time until the response is there and a short body was read; for a stream, between two pieces of it. */
  timeout: Milliseconds
  /** Connections to use, in place of those that dispatcherFor returns. */
  dispatcher?: Dispatcher | undefined
  cancelled?: AbortSignal | undefined
}

export interface HttpResponse<Body = Buffer> {
  url: URL
  status: number
  headers: Headers
  body: Body
}

const MOST_REDIRECTS = 5

/** Maximum size of a response that is read as a whole, in bytes. A list of releases has some hundred kilobytes. */
const LARGEST_BODY = 64 * 1024 * 1024

/** Sends a request and returns the whole response, whatever its status; without a response it throws an HttpFailure. */
export async function sendToServer(sent: ServerRequest): Promise<HttpResponse> {
  return await exchange(sent, readAll)
}

/** Sends a request and returns the body of a successful response as a stream; other bodies are read as a whole. */
export async function openStream(sent: ServerRequest): Promise<HttpResponse<Readable | Buffer>> {
  return await exchange(sent, async (body, status) => (status < 300 ? body : await readAll(body)))
}

/** Returns the connections to a server: through the proxy of the environment, with the given TLS settings if any. */
export function dispatcherFor(url: URL, tls?: object): Dispatcher {
  const proxy = getProxyUrl(url)
  if (!proxy) return tls === undefined ? getGlobalDispatcher() : new Agent({ connect: tls })
  const login = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64')
  return new ProxyAgent({
    uri: `${proxy.protocol}//${proxy.host}`,
    ...(tls === undefined ? {} : { requestTls: tls }),
    ...(login === 'Og==' ? {} : { token: `Basic ${login}` })
  })
}

async function exchange<Body>(
  sent: ServerRequest,
  read: (body: Readable, status: number) => Promise<Body>
): Promise<HttpResponse<Body>> {
  const { method, body, timeout, cancelled } = sent
  const { authorization, ...others } = sent.headers ?? {}
  const limit = new AbortController()
  // An upload takes as long as its body needs; undici's time limits watch over its pieces.
  const timer =
    body instanceof Readable
      ? undefined
      : setTimeout(() => limit.abort(new errors.HeadersTimeoutError()), timeout)
  let { url } = sent
  try {
    for (let redirects = 0; ; redirects++) {
      const isOwn = authorization !== undefined && url.origin === sent.url.origin
      const response = await request(url, {
        method,
        headers: { 'user-agent': 'crac-checkpoint', ...others, ...(isOwn ? { authorization } : {}) },
        body: body ?? null,
        dispatcher: sent.dispatcher ?? dispatcherFor(url),
        headersTimeout: timeout,
        bodyTimeout: timeout,
        signal: cancelled === undefined ? limit.signal : AbortSignal.any([limit.signal, cancelled])
      })
      const status = response.statusCode
      const headers = headersOf(response.headers)
      const location = [301, 302, 303, 307, 308].includes(status) ? headers.get('location') : null
      // These two keep the method, so that other requests can be sent again too.
      const isKept = status >= 307 && !(body instanceof Readable)
      if (location === null || (method !== 'GET' && method !== 'HEAD' && !isKept))
        return { url, status, headers, body: await read(response.body, status) }
      await response.body.dump()
      const next = new URL(location, url)
      if (url.protocol === 'https:' && next.protocol !== 'https:')
        throw new FinalError(
          `it redirects from https to ${next.protocol}//${next.host}, which is not followed`
        )
      if (redirects === MOST_REDIRECTS) throw new FinalError(`it has more than ${MOST_REDIRECTS} redirects`)
      url = next
    }
  } catch (error) {
    cancelled?.throwIfAborted()
    throw new HttpFailure(
      'runner',
      `${url.host} is not available: ${reasonOf(error, timeout)}.`,
      {
        fix: 'Check that the runner reaches that host, and what changes its responses (proxy, firewall, DNS); then run the job again.',
        cause: error
      },
      error instanceof FinalError ? undefined : {}
    )
  } finally {
    clearTimeout(timer)
  }
}

/** An error that another try would not change. */
class FinalError extends Error {}

async function readAll(body: Readable): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST_BODY) throw new FinalError(`its response has more than ${LARGEST_BODY} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function headersOf(given: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(given)) {
    // Headers takes no characters above 255, and undici reads values as UTF-8.
    for (const value of [values].flat()) headers.append(name, Buffer.from(value).toString('latin1'))
  }
  return headers
}

export function reasonOf(error: unknown, timeout: Milliseconds): string {
  const { code } = error as { code?: string }
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return `timed out after ${seconds(timeout)}`
  if (code === 'UND_ERR_BODY_TIMEOUT') return `no data for ${seconds(timeout)}`
  return code ?? messageOf(error)
}
