import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface TestServer {
  /** Without a slash at its end. */
  url: string
  requests: { method: string | undefined; path: string; headers: IncomingMessage['headers'] }[]
  close(): Promise<void>
}

export type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** A loopback server; the handler also gets how many requests came so far. */
export async function serve(handler: Handler, tls?: { key: Buffer; cert: Buffer }): Promise<TestServer> {
  const requests: TestServer['requests'] = []
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push({ method: request.method, path: request.url ?? '', headers: request.headers })
    handler(request, response, requests.length)
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

export function json(response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
