import { connect } from 'node:tls'
import type { Address } from '../docker/containers.js'
import type { Milliseconds } from '../lib/values.js'

/** What a client may speak over TLS: a server of gRPC speaks HTTP/2 only. */
const PROTOCOLS = ['h2', 'http/1.1']

/** Whether an error of a connection is an alert, which only a server that speaks TLS sends: it refuses this client. */
export function isAlert(code: string | undefined): boolean {
  return code !== undefined && /^ERR_SSL_(?:.*ALERT_|TLSV1_UNRECOGNIZED_NAME$)/.test(code)
}

/**
 * Returns whether a server does a handshake of TLS, or refuses this client in it. Its certificate is not verified. The keys of a
 * connection follow from what the server says first: after that, a server that wants a certificate may end it at any time.
 */
export async function shakesHands({ host, port }: Address, timeout: Milliseconds): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect({
      host,
      port,
      servername: 'localhost',
      rejectUnauthorized: false,
      ALPNProtocols: PROTOCOLS
    })
    const settle = (speaks: boolean): void => {
      resolve(speaks)
      socket.destroy()
    }
    socket.setTimeout(timeout, () => settle(false))
    socket.on('keylog', () => settle(true))
    socket.on('error', (error: NodeJS.ErrnoException) => settle(isAlert(error.code)))
    socket.on('close', () => settle(false))
  })
}
