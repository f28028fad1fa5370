import type { Readable } from 'node:stream'
import { request } from 'undici'
import type { Milliseconds } from '../lib/values.js'
import { answerTo, parseChallenge } from './authorization.js'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import { refusal, unreachable, type Reply } from './refusal.js'

export interface ConnectionWorld {
  /** The login for a registry, and where it answers. */
  credentials: (registry: string) => Promise<Credentials | undefined>
  endpoint: (registry: string) => Promise<Endpoint>
}

export interface Request {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Absolute, or relative to the registry. */
  url: string
  headers?: Record<string, string>
  body?: Readable | Buffer | string
  timeout: Milliseconds
}

/** Of manifests and configurations, which are some kilobytes. */
const MOST_BYTES = 8 * 1024 * 1024

const MOST_REDIRECTS = 5

/** Requests to one registry, with the token that they need. */
export class Connection {
  private reached: Promise<[Endpoint, Credentials | undefined]> | undefined
  private authorization: string | undefined

  constructor(
    private readonly world: ConnectionWorld,
    private readonly registry: string,
    /** What is asked for where the registry does not say what it wants. */
    private readonly scope: string,
    private readonly signal: AbortSignal | undefined
  ) {}

  private async reach(): Promise<[Endpoint, Credentials | undefined]> {
    this.reached ??= Promise.all([this.world.endpoint(this.registry), this.world.credentials(this.registry)])
    return await this.reached
  }

  /** Asks, and once more with a token where the registry wants one; another status than expected is a RegistryFailure. */
  async ask(request: Request, expected: readonly number[]): Promise<Reply> {
    const [{ origin }, credentials] = await this.reach()
    if (!URL.canParse(request.url, origin.href))
      throw unreachable(this.registry, request.method, new Error('the address that it names is none'))
    const target = new URL(request.url, origin)
    // Without its query, which may hold a signature.
    const asked = `${request.method} ${target.origin}${target.pathname}`
    let reply = await this.once(request, asked)
    // What another host wants, to which the registry sent us, gets no login of this one.
    const wanted = reply.status === 401 && reply.from.origin === origin.origin
    const challenge = wanted ? parseChallenge(reply.headers['www-authenticate']) : undefined
    if (challenge !== undefined) {
      const scope = challenge.parameters['scope'] ?? this.scope
      this.authorization = await answerTo(challenge, scope, credentials, origin, async (token) => {
        const { method, url, headers, body } = token
        return await this.once(
          {
            method,
            url: url.href,
            headers,
            timeout: request.timeout,
            ...(body === undefined ? {} : { body })
          },
          `${method} ${url.origin}${url.pathname}`,
          false
        )
      })
      // A stream that was sent is used up: the caller opens it again.
      if (this.authorization !== undefined && isRepeatable(request.body))
        reply = await this.once(request, asked)
    }
    if (expected.includes(reply.status)) return reply
    throw refusal(this.registry, asked, reply)
  }

  private async once(request: Request, asked: string, authorized = true): Promise<Reply & { from: URL }> {
    const [{ origin, dispatcher }] = await this.reach()
    const { method, body, timeout } = request
    const first = new URL(request.url, origin)
    let url = first
    try {
      for (let redirects = 0; ; redirects++) {
        const own = url.origin === origin.origin && authorized && this.authorization !== undefined
        const { authorization, ...others } = request.headers ?? {}
        const given = url.origin === first.origin ? authorization : undefined
        const login = own ? this.authorization : given
        const response = await this.send(url, {
          method,
          headers: { ...others, ...(login === undefined ? {} : { authorization: login }) },
          body,
          timeout,
          dispatcher
        })
        const location = response.headers['location']
        const moved = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined
        if (!moved || (method !== 'GET' && method !== 'HEAD') || redirects === MOST_REDIRECTS)
          return { ...response, from: url }
        const next = new URL(location, url)
        if (url.protocol === 'https:' && next.protocol !== 'https:')
          throw new Error(`a redirect from https to ${next.protocol}//${next.host}`)
        url = next
      }
    } catch (error) {
      this.signal?.throwIfAborted()
      throw unreachable(this.registry, asked, error)
    }
  }

  private async send(
    url: URL,
    options: Pick<Request, 'method' | 'timeout'> & {
      headers: Record<string, string>
      body: Request['body'] | undefined
      dispatcher: Endpoint['dispatcher']
    }
  ): Promise<Reply> {
    const { method, headers, timeout, dispatcher, body } = options
    const response = await request(url, {
      method,
      headers: { 'user-agent': 'crac-checkpoint', ...headers },
      dispatcher,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      ...(body === undefined ? {} : { body }),
      ...(this.signal === undefined ? {} : { signal: this.signal })
    })
    const parts: Buffer[] = []
    let size = 0
    for await (const part of response.body as AsyncIterable<Buffer>) {
      size += part.length
      if (size > MOST_BYTES) throw new Error(`an answer of more than ${MOST_BYTES} bytes`)
      parts.push(part)
    }
    const single = Object.entries(response.headers).map(([name, value]): [string, string | undefined] => [
      name,
      Array.isArray(value) ? value.join(', ') : value
    ])
    return { status: response.statusCode, headers: Object.fromEntries(single), body: Buffer.concat(parts) }
  }
}

function isRepeatable(body: Request['body']): boolean {
  return body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
}
