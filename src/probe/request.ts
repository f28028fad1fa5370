import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { messageOf } from '../lib/errors.js'
import type { Address } from '../docker/containers.js'
import type { Milliseconds } from '../lib/values.js'

export interface HttpRequest {
  method: string
  /** Path and query, as in the request line. */
  target: string
  headers: Readonly<Record<string, string>>
  body?: Buffer
  /** The only status that counts as success; without it, any status from 200 to 399 does. */
  status?: number
  /** true for https; without it, the address says whether the application speaks TLS there. */
  tls?: boolean
  /** Port in the container, if it is not the application's port. */
  port?: number
}

/** Returns a target as it may be shown: without the values of its query, which can be secret. */
export function shownTarget(target: string): string {
  return target.replace(/([?&][^=&]*)=[^&]*/g, '$1=...')
}

export interface Answer {
  ok: boolean
  /** `status 200`, `ECONNREFUSED`, ... */
  description: string
  /** true where the response came over TLS, though the request does not say so. */
  tls?: boolean
  /** Time by the clock of what the answer reports, where that is earlier than the answer. */
  at?: Milliseconds
}

/** Limit for one request: an application that starts may accept a connection and not respond. */
const REQUEST_TIMEOUT: Milliseconds = 5000

const MOST_REDIRECTS = 5

/**
 * Sends a request. Follows redirects within the application, unless a status is expected; a redirect out of it is a
 * successful response. Closes the connection: at a checkpoint it would be an open socket of the application. The certificate of
 * an application that speaks TLS is not verified: it is usually for another name than the one by which a container is reached. A response
 * that does not end, such as a stream of events, counts with its status after twice the timeout.
 */
export async function send(
  address: Address,
  request: HttpRequest,
  timeout: Milliseconds = REQUEST_TIMEOUT
): Promise<Answer> {
  let target = request.target
  for (let redirects = 0; ; redirects++) {
    const reply = await exchange(address, { ...request, target }, timeout)
    if ('error' in reply) return { ok: false, description: reply.error }
    const { status, location } = reply
    const description = `status ${status}`
    if (request.status !== undefined) return { ok: status === request.status, description }
    if (status < 300 || status >= 400) return { ok: status >= 200 && status < 300, description }
    const next = location === undefined ? undefined : within(location, target, address, request)
    if (next === undefined) return { ok: true, description }
    if (redirects === MOST_REDIRECTS) return { ok: false, description: 'more than 5 redirects' }
    target = next
  }
}

interface Reply {
  status: number
  location: string | undefined
}

async function exchange(
  address: Address,
  request: HttpRequest,
  timeout: Milliseconds
): Promise<Reply | { error: string }> {
  return await new Promise<Reply | { error: string }>((resolve) => {
    const tls = speaksTls(address, request)
    const name = hostName(request)
    const options = {
      host: address.host,
      port: address.port,
      method: request.method,
      path: request.target,
      headers: {
        ...request.headers,
        connection: 'close',
        ...(request.body && { 'content-length': request.body.length })
      },
      agent: false as const,
      timeout,
      ...(tls && { rejectUnauthorized: false, ...(isIP(name) === 0 && { servername: name }) })
    }
    const failed = (error: NodeJS.ErrnoException): void => resolve({ error: error.code ?? error.message })
    const sent = (tls ? httpsRequest : httpRequest)(options, (response: IncomingMessage) => {
      const answered = (): void =>
        resolve({ status: response.statusCode ?? 0, location: response.headers.location })
      // A stream of events never ends; one in which nothing arrives fails by the timeout of the request before.
      const endless = setTimeout(() => {
        answered()
        sent.destroy()
      }, 2 * timeout)
      response.on('close', () => clearTimeout(endless))
      response.on('error', failed)
      response.on('end', answered)
      response.resume()
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)))
    sent.on('error', failed)
    // A response may switch to another protocol, and then never ends.
    sent.on('close', () => resolve({ error: 'no answer' }))
    sent.end(request.body)
  }).catch((error: unknown) => ({ error: messageOf(error) }))
}

/** Returns the target of a redirect within the application; undefined for one that leads elsewhere. */
function within(location: string, from: string, address: Address, request: HttpRequest): string | undefined {
  const host = request.headers['host'] ?? 'localhost'
  const base = `${speaksTls(address, request) ? 'https' : 'http'}://${host}`
  if (!URL.canParse(location, `${base}${from}`)) return undefined
  const url = new URL(location, `${base}${from}`)
  return url.origin === new URL(base).origin ? `${url.pathname}${url.search}` : undefined
}

function speaksTls(address: Address, request: HttpRequest): boolean {
  return request.tls ?? address.tls ?? false
}

/** Returns the host of the header without its port. */
function hostName({ headers }: HttpRequest): string {
  return (headers['host'] ?? 'localhost').replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
