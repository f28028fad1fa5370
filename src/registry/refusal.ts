import { STATUS_CODES } from 'node:http'
import { diagnose } from '../diagnosis/diagnose.js'
import { Failure, messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** A registry that does not answer, or not as it should. */
export class RegistryFailure extends Failure {
  constructor(
    what: string,
    details: ConstructorParameters<typeof Failure>[2],
    /** How often it is worth to ask, all in all. */
    readonly tries: number,
    /** What the registry asks to wait before the next try. */
    readonly pause: Milliseconds | undefined = undefined,
    /** Of its answer; undefined where there was none. */
    readonly status: number | undefined = undefined
  ) {
    super('registry', what, details)
  }
}

export interface Reply {
  status: number
  headers: Record<string, string | undefined>
  body: Buffer
}

/** Of the errors that pass by themselves. */
const TRIES = 3
const PASSING = new Set([408, 429, 500, 502, 503, 504, 522])

/** What an answer that is none of those expected means, by the catalogue of known failures. */
export function refusal(registry: string, asked: string, reply: Reply): RegistryFailure {
  const { status } = reply
  // The registry's words first: they tell more than its status.
  const evidence = [...wordsOf(reply.body), `${asked}: ${status} ${STATUS_CODES[status] ?? ''}`.trim()]
  const finding = diagnose('push', { registry: evidence.join('\n') })
  const lost = finding?.signature?.remedy === 'retry'
  // GitHub's registry refuses now and then what it takes a second later.
  const perhaps = status === 403 && registry === 'ghcr.io' ? 2 : 1
  return new RegistryFailure(
    finding?.cause ?? `${registry} answered with ${status}.`,
    {
      fix:
        finding?.fix ??
        'The lines below are the words of the registry; run the job again, and if it stays so, ask those who run the registry.',
      evidence: evidence.join('\n'),
      signature: finding?.signature
    },
    PASSING.has(status) || lost ? TRIES : perhaps,
    retryAfter(reply.headers['retry-after']),
    status
  )
}

/** No answer came. */
export function unreachable(registry: string, asked: string, error: unknown): RegistryFailure {
  const words = `${asked}: ${codeOf(error)}`
  const finding = diagnose('push', { registry: words })
  return new RegistryFailure(
    finding?.cause ?? `${registry} does not answer.`,
    {
      fix:
        finding?.fix ??
        'Check the name of the registry in `tags`, and that the runner reaches it (proxy, firewall, DNS); then run the job again.',
      evidence: words,
      signature: finding?.signature,
      cause: error
    },
    finding?.signature?.remedy === 'none' ? 1 : TRIES
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

// As the docker client prints them: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
function wordsOf(body: Buffer): string[] {
  const text = body.subarray(0, 2000).toString('utf8').trim()
  try {
    const { errors = [], details } = JSON.parse(body.toString('utf8')) as Errors
    const words = errors.map(
      ({ code, message }) => `${(code ?? 'unknown').toLowerCase().replaceAll('_', ' ')}: ${message ?? ''}`
    )
    return words.length > 0 ? words : [details ?? text]
  } catch {
    return text === '' ? [] : [text]
  }
}

/** In seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfter(value: string | undefined): Milliseconds | undefined {
  if (value === undefined) return undefined
  const pause = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(pause) ? undefined : Math.max(0, pause)
}
