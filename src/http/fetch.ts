import { Readable } from 'node:stream'
import { Headers, Response, type RequestInit } from 'undici'
import { openStream, sendToServer } from './client.js'
import { HttpFailure, retryOf, withRetries, type HttpContext } from './retry.js'

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

const TRIES = 4

/** A response with a transient status, which is the result if no further try is made. */
class TransientResponse extends HttpFailure {
  constructor(
    readonly response: Response,
    host: string
  ) {
    const details = { fix: 'Run the job again.' }
    super('runner', `${host} responds with status ${response.status}.`, details, retryOf(response))
  }
}

/**
 * Returns a fetch for GET requests with retries. It returns the last response, whatever its status, and throws an
 * HttpFailure without one. A token that the server refuses is left out. A `stream` has the body of a successful
 * response yet to be read; any other response is read as a whole.
 */
export function createFetch(context: HttpContext, mode: 'whole' | 'stream'): Fetch {
  const policy = { tries: TRIES, longestWait: context.patience.longestTotalWait }
  return async (address, init = {}) => {
    const url = new URL(address)
    const headers = Object.fromEntries(new Headers(init.headers))
    const attempt = async (): Promise<Response> => {
      const { patience, cancelled } = context
      const request = { method: 'GET', url, headers, timeout: patience.tryTimeout, cancelled } as const
      const {
        status,
        headers: received,
        body
      } = await (mode === 'stream' ? openStream : sendToServer)(request)
      const content = body instanceof Readable ? Readable.toWeb(body) : body.byteLength === 0 ? null : body
      // Response refuses a higher status.
      const response = new Response(content, { status: Math.min(status, 599), headers: received })
      if (response.status === 401 && headers['authorization'] !== undefined) {
        context.info(`${url.host} refuses the token; trying without it.`)
        delete headers['authorization']
        return await attempt()
      }
      if (retryOf(response) !== undefined) throw new TransientResponse(response, url.host)
      return response
    }
    return await withRetries(context, policy, attempt).catch((error: unknown) => {
      if (error instanceof TransientResponse) return error.response
      throw error
    })
  }
}
