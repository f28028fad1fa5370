import { Readable } from 'node:stream'
import { openStream, sendToServer, type ServerRequest, type HttpResponse } from '../http/client.js'
import { HttpFailure } from '../http/retry.js'
import { authorize, parseChallenge } from './authorization.js'
import type { Credentials } from './credentials.js'
import type { Endpoint } from './endpoint.js'
import { refusal, unencrypted, unreachable } from './refusal.js'

export interface ConnectionContext {
  credentials: (registry: string) => Promise<Credentials | undefined>
  endpoint: (registry: string) => Promise<Endpoint>
}

export interface RegistryRequest extends Omit<ServerRequest, 'url' | 'dispatcher' | 'cancelled'> {
  /** Absolute, or relative to the registry. */
  url: string
  /** Further expected statuses of a server that the registry redirects to. */
  expectedElsewhere?: readonly number[]
}

/** Requests to one registry, with the token that it requires. */
export class Connection {
  private reached: Promise<[Endpoint, Credentials | undefined]> | undefined
  private authorization: string | undefined

  constructor(
    private readonly context: ConnectionContext,
    private readonly registry: string,
    /** Scope to request where the registry does not name one. */
    private readonly scope: string,
    private readonly cancelled: AbortSignal | undefined
  ) {}

  /**
   * Sends a request, and sends it again with a token where the registry requires one. Throws an HttpFailure for a status
   * that is not expected, and for an address without TLS where the registry has it.
   */
  async send(request: RegistryRequest, expected: readonly number[]): Promise<HttpResponse> {
    return await this.exchange(request, expected, sendToServer)
  }

  /** Sends a request as `send` does, and returns the body of a successful response as a stream. */
  async open(
    request: RegistryRequest,
    expected: readonly number[]
  ): Promise<HttpResponse<Readable | Buffer>> {
    return await this.exchange(request, expected, openStream)
  }

  private async exchange<Body extends Readable | Buffer>(
    request: RegistryRequest,
    expected: readonly number[],
    sender: (request: ServerRequest) => Promise<HttpResponse<Body>>
  ): Promise<HttpResponse<Body>> {
    this.reached ??= Promise.all([
      this.context.endpoint(this.registry),
      this.context.credentials(this.registry)
    ])
    const [{ origin, dispatcher }, credentials] = await this.reached
    if (!URL.canParse(request.url, origin.href))
      throw unreachable(this.registry, request.method, new Error('its location is not a valid URL'))
    const url = new URL(request.url, origin)
    if (origin.protocol === 'https:' && url.protocol !== 'https:') throw unencrypted(this.registry, url)
    const attempt = async (): Promise<HttpResponse<Body>> => {
      const login = url.origin === origin.origin ? this.authorization : undefined
      const headers = { ...request.headers, ...(login === undefined ? {} : { authorization: login }) }
      return await this.once({ ...request, url, headers, dispatcher }, sender)
    }
    let response = await attempt()
    // A host to which the registry redirects does not get the login of the registry.
    const isOwn = response.status === 401 && response.url.origin === origin.origin
    const challenge = isOwn ? parseChallenge(response.headers.get('www-authenticate')) : undefined
    if (challenge !== undefined) {
      const scope = challenge.parameters['scope'] ?? this.scope
      const { timeout } = request
      this.authorization = await authorize(
        challenge,
        scope,
        credentials,
        origin,
        async (token) => await this.once({ ...token, timeout, dispatcher }, sendToServer)
      )
      if (this.authorization !== undefined) {
        // A stream that was sent is used up: the caller opens it again.
        if (request.body instanceof Readable)
          throw refusal(this.registry, describe(request.method, url), withoutStream(response), { tries: 2 })
        response = await attempt()
      }
    }
    const { expectedElsewhere = [] } = request
    const isElsewhere = response.url.origin !== origin.origin
    if (expected.includes(response.status)) return response
    if (isElsewhere && expectedElsewhere.includes(response.status)) return response
    throw refusal(this.registry, describe(request.method, url), withoutStream(response))
  }

  private async once<Body>(
    request: ServerRequest,
    sender: (request: ServerRequest) => Promise<HttpResponse<Body>>
  ): Promise<HttpResponse<Body>> {
    return await sender({ ...request, cancelled: this.cancelled }).catch((error: unknown) => {
      if (!(error instanceof HttpFailure)) throw error
      throw unreachable(this.registry, describe(request.method, request.url), error)
    })
  }
}

/** Returns a response without its body if nobody has read that: the content of a blob explains no refusal. */
function withoutStream(response: HttpResponse<Readable | Buffer>): HttpResponse {
  const { body } = response
  if (!(body instanceof Readable)) return { ...response, body }
  body.on('error', () => undefined).destroy()
  return { ...response, body: Buffer.alloc(0) }
}

/** Describes a request without its query, which may contain a signature. */
function describe(method: string, url: URL): string {
  return `${method} ${url.origin}${url.pathname}`
}
