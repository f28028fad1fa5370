import { HttpClient } from '@actions/http-client'
import { fetch, Headers, Response, type RequestInit } from 'undici'
import { Failure, messageOf } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

const MOST_REDIRECTS = 5

/** `whole`: the answer is there with its body, within the time of the try. `stream`: a good one with its headers. */
export type Answering = 'whole' | 'stream'

/** Another try would end the same. */
export class InsecureRedirect extends Failure {}

/** One try, with its redirects; a Failure stands for no answer. */
export async function oneTry(
  url: string,
  init: RequestInit & { headers: Headers; signal: AbortSignal },
  timeout: Milliseconds,
  answering: Answering
): Promise<Response | Failure> {
  const headers = new Headers(init.headers)
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), timeout)
  let at = new URL(url)
  try {
    for (let redirects = 0; ; redirects++) {
      const dispatcher = new HttpClient().getAgentDispatcher(at.href)
      const response = await fetch(at.href, {
        ...init,
        headers,
        redirect: 'manual',
        ...(dispatcher === undefined ? {} : { dispatcher }),
        signal: AbortSignal.any([stop.signal, init.signal])
      })
      const location =
        response.status >= 300 && response.status < 400 ? response.headers.get('location') : null
      if (location === null) return answering === 'stream' && response.ok ? response : await whole(response)
      await response.body?.cancel()
      const next = new URL(location, at)
      if (at.protocol === 'https:' && next.protocol !== 'https:') return insecureRedirect(at, next)
      if (redirects === MOST_REDIRECTS) return noAnswer(at, 'it redirects without end', undefined)
      if (next.origin !== at.origin) headers.delete('authorization')
      at = next
    }
  } catch (error) {
    return noAnswer(at, stop.signal.aborted ? `timed out after ${timeout / 1000} s` : causeOf(error), error)
  } finally {
    clearTimeout(timer)
  }
}

/** Of an answer that is read as a whole: a list of releases has some hundred kilobytes. In bytes. */
const LARGEST_ANSWER = 64 * 1024 * 1024

async function whole(response: Response): Promise<Response> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > LARGEST_ANSWER) throw new Error(`its answer has more than ${LARGEST_ANSWER} bytes`)
    parts.push(part)
  }
  const body = Buffer.concat(parts)
  const headers = new Headers(response.headers)
  // What was compressed on its way is not any more.
  headers.delete('content-encoding')
  return new Response(body.byteLength === 0 ? null : body, { status: response.status, headers })
}

function noAnswer(at: URL, why: string, cause: unknown): Failure {
  return new Failure('runner', `${at.host} does not answer: ${why}.`, {
    fix: 'Check that the runner reaches that host (proxy, firewall, DNS), and run the job again.',
    cause
  })
}

function insecureRedirect(from: URL, to: URL): Failure {
  return new InsecureRedirect(
    'runner',
    `${from.host} redirects from https to ${to.protocol}//${to.host}, which is not followed.`,
    {
      fix: 'Somebody between the runner and that host changes its answers; find out who.'
    }
  )
}

// undici says only "fetch failed"; what happened is in the cause.
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } }
  return cause?.code ?? messageOf(cause ?? error)
}
