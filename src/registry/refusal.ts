import { STATUS_CODES } from 'node:http'
import { diagnose } from '../diagnosis/diagnose.js'
import type { HttpResponse } from '../http/client.js'
import { HttpFailure, retryOf, type Retry } from '../http/retry.js'
import { messageOf } from '../lib/errors.js'

/**
 * Returns the failure that a response with an unexpected status means, by the catalogue of known failures; `again` is what another
 * try may change.
 */
export function refusal(
  registry: string,
  request: string,
  response: HttpResponse,
  again?: Retry
): HttpFailure {
  const { status } = response
  // The messages of the registry come first: they say more than its status.
  const evidence = [
    ...messagesOf(response.body),
    `${request}: ${status} ${STATUS_CODES[status] ?? ''}`.trim()
  ]
  const finding = diagnose('push', { registry: evidence.join('\n') })
  // GitHub's registry sometimes refuses a request that it accepts a second later.
  const perhaps = status === 403 && registry === 'ghcr.io' ? { tries: 2 } : undefined
  return new HttpFailure(
    'registry',
    finding?.cause ?? `${registry} responded with status ${status}.`,
    {
      fix:
        finding?.fix ??
        'Run the job again. If it fails again, report the messages of the registry below to its administrators.',
      evidence: evidence.join('\n'),
      signature: finding?.signature
    },
    retryOf(response) ?? again ?? (finding?.signature?.remedy === 'retry' ? {} : perhaps),
    status
  )
}

/** Returns the failure of a registry that has TLS, and names an address without it for content. */
export function unencrypted(registry: string, { protocol, host }: URL): HttpFailure {
  return new HttpFailure(
    'registry',
    `${registry} names an address without TLS for content: ${protocol}//${host}, to which nothing is sent.`,
    {
      fix: 'Set the external address of the registry (`http.host` of distribution), or let the proxy in front of it send `X-Forwarded-Proto: https`.'
    }
  )
}

/** Returns the failure of a request without a response. */
export function unreachable(registry: string, request: string, error: Error): HttpFailure {
  const evidence = `${request}: ${codeOf(error.cause ?? error)}`
  const finding = diagnose('push', { registry: evidence })
  const isFinal = finding?.signature?.remedy === 'none' || (error instanceof HttpFailure && !error.retry)
  return new HttpFailure(
    'registry',
    finding?.cause ?? `${registry} does not respond.`,
    {
      fix:
        finding?.fix ??
        'Check the name of the registry in `tags`, and that the runner reaches it (proxy, firewall, DNS); then run the job again.',
      evidence,
      signature: finding?.signature,
      cause: error
    },
    isFinal ? undefined : {}
  )
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return [code, messageOf(error), cause === undefined ? undefined : codeOf(cause)].filter(Boolean).join(' ')
}

interface Errors {
  errors?: { code?: string; message?: string }[]
  details?: string
}

/** Returns the messages of a response, in the form of the docker client: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function messagesOf(body: Buffer): string[] {
  const text = body.subarray(0, 2000).toString('utf8').trim()
  try {
    const { errors = [], details } = JSON.parse(body.toString('utf8')) as Errors
    const messages = errors.map(
      ({ code, message }) => `${(code ?? 'unknown').toLowerCase().replaceAll('_', ' ')}: ${message ?? ''}`
    )
    return messages.length > 0 ? messages : [details ?? text]
  } catch {
    return text === '' ? [] : [text]
  }
}
