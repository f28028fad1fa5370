import type { Address } from '../docker/containers.js'
import type { Milliseconds } from '../lib/values.js'
import { isAlert, shakesHands } from './handshake.js'
import { send, type Answer, type HttpRequest } from './request.js'

/** What was on the application's port when it was ready; undefined where that is not known. */
export type Serves = 'nothing' | 'plain' | 'tls' | undefined

/** An application that accepts a connection and sends nothing for so long has an open port, if not a web server. */
const SILENCE: Milliseconds = 1000

/** Sends a request; where it does not say whether the server speaks TLS and the server ends a plain connection, over TLS too. */
export async function urlResponds(address: Address, url: HttpRequest, serves: Serves): Promise<Answer> {
  const tls = url.tls ?? serves === 'tls'
  const answer = await send(address, { ...url, tls })
  if (tls) return { ...answer, tls: true }
  if (serves === 'plain' || !mayBeTls(answer)) return answer
  const secure = await send(address, { ...url, tls: true })
  return isStatus(secure) || isAlert(secure.description) ? { ...secure, tls: true } : answer
}

/**
 * Sends a request to the port: a TCP connection alone proves nothing, as Docker's proxy accepts it before there is an
 * application. Any response below status 500 counts, and so do another protocol and, where no health endpoint is known, silence:
 * a health check that takes its time may still wait for a database. A server that speaks TLS ends a plain connection, or sends
 * bytes that are not HTTP: then the request is sent over TLS. Where the server ends that connection too, as one does that wants a
 * certificate of its client or speaks HTTP/2 only, a handshake shows that it works.
 */
export async function portResponds(
  address: Address,
  health: string | undefined,
  serves?: Serves
): Promise<Answer> {
  const silence = health === undefined ? SILENCE : undefined
  const request: HttpRequest = {
    method: 'GET',
    target: health ?? '/',
    headers: { host: `localhost:${address.port}` }
  }
  const isOpen = (answer: Answer): boolean =>
    answer.description.startsWith('HPE_') || (health === undefined && isSilent(answer))
  const plain = serves === 'tls' ? undefined : await send(address, { ...request, tls: false }, silence)
  if (plain && (isStatus(plain) || serves === 'plain' || !mayBeTls(plain)))
    return { ...plain, ok: counts(plain) ?? isOpen(plain) }
  const secure = await send(address, { ...request, tls: true }, silence)
  const ok = counts(secure)
  if (health !== undefined && secure.description.startsWith('no answer within'))
    return { ...secure, ok: false, tls: true }
  if (ok === undefined && (await shakesHands(address, SILENCE)))
    return { ok: true, description: 'a TLS handshake', tls: true }
  if (ok !== undefined || !plain) return { ...secure, ok: ok ?? false, tls: true }
  return { ...plain, ok: isOpen(plain) }
}

/** Returns whether a response of a web server counts; undefined where it is not one. */
function counts(answer: Answer): boolean | undefined {
  if (answer.ok) return true
  return isStatus(answer) ? Number(answer.description.slice('status '.length)) < 500 : undefined
}

/** Returns whether a connection was open and nothing came. */
export function isSilent({ description }: Answer): boolean {
  return description.startsWith('no answer')
}

function isStatus({ description }: Answer): boolean {
  return /^status \d+$/.test(description)
}

/** Returns whether the answer to a plain request is one that servers which speak TLS give. */
function mayBeTls({ description }: Answer): boolean {
  return /^(HPE_|ECONNRESET|no answer$)/.test(description)
}
