import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** What goes wrong, and how often. */
export interface Fault {
  method: string
  /** Pattern of the path with its query. */
  path: RegExp
  /** Number of matching requests; all of them if it is not set. */
  times?: number
  /** Answered instead of the registry; without one the connection is reset. */
  status?: number
  headers?: Record<string, string>
  /** Code and message, as registries give them. */
  error?: [code: string, message: string]
  /** The registry answers, and names this digest. */
  digest?: string
  /** It is never answered. */
  hang?: boolean
}

export interface RegistryFront {
  /** Host and port, as in a reference. */
  address: string
  /** `METHOD path`, in their order. */
  requests: string[]
  /** Resolves when such a request has come. */
  asked(method: string, path: RegExp): Promise<void>
  /** What goes wrong from now on. */
  script(...faults: Fault[]): void
  /** Bytes that were sent to it in the bodies of requests. */
  received: number
  close(): Promise<void>
}

/**
 * A server in front of the lab's registry that lets things go wrong as a script says, and else passes everything on. With a login
 * (`name:password`) it wants a token, as the registries of the internet do.
 */
export async function startRegistryFront(registry: string, login?: string): Promise<RegistryFront> {
  const target = new URL(`http://${registry}`)
  const token = `token-${Math.random()}`
  const arrivals = new EventEmitter()
  let faults: (Fault & { left: number })[] = []

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://front')
    const { method = '' } = request
    front.requests.push(`${method} ${url.pathname}`)
    arrivals.emit('request')
    request.on('data', (part: Buffer) => (front.received += part.length))
    if (url.pathname === '/token') return giveToken(request, response)
    if (login !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      const realm = `http://${front.address}/token`
      const challenge = `Bearer realm="${realm}",service="front",scope="repository:any:pull,push"`
      return refuse(response, 401, ['UNAUTHORIZED', 'authentication required'], {
        'www-authenticate': challenge
      })
    }
    const fault = faults.find(
      ({ left, ...one }) => left > 0 && one.method === method && one.path.test(`${url.pathname}${url.search}`)
    )
    if (fault) fault.left--
    if (!fault || fault.digest !== undefined) return pass(request, response, fault?.digest)
    if (fault.hang) return void request.resume()
    if (fault.status === undefined) return void request.socket.resetAndDestroy()
    refuse(response, fault.status, fault.error ?? ['UNKNOWN', 'scripted'], fault.headers)
  })

  function giveToken(request: IncomingMessage, response: ServerResponse): void {
    const given = `Basic ${Buffer.from(login ?? '').toString('base64')}`
    if (request.headers.authorization !== given)
      return refuse(response, 401, ['UNAUTHORIZED', 'incorrect username or password'])
    response.end(JSON.stringify({ token }))
  }

  function pass(request: IncomingMessage, response: ServerResponse, digest: string | undefined): void {
    const { method, headers, url } = request
    const passed = forward({ host: target.hostname, port: target.port, method, path: url, headers })
    passed.on('response', (answer) => {
      const named = digest === undefined ? {} : { 'docker-content-digest': digest }
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...named })
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  }

  const front: RegistryFront = {
    address: '',
    requests: [],
    received: 0,
    asked: async (method, path) => {
      const has = (): boolean =>
        front.requests.some((one) => one.startsWith(`${method} `) && path.test(one.split(' ')[1] ?? ''))
      while (!has()) await once(arrivals, 'request')
    },
    script: (...given) => {
      faults = given.map((fault) => ({ ...fault, left: fault.times ?? Infinity }))
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  front.address = `localhost:${(server.address() as AddressInfo).port}`
  return front
}

function refuse(
  response: ServerResponse,
  status: number,
  [code, message]: [string, string],
  headers: Record<string, string> = {}
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}
