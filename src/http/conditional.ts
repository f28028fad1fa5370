import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Headers, Response } from 'undici'
import { messageOf } from '../lib/errors.js'
import { jsonOf } from '../lib/json.js'
import type { Fetch } from './fetch.js'
import { HttpFailure } from './retry.js'

interface CachedResponse {
  url: string
  etag: string | null
  headers: Record<string, string>
  body: string
}

/** Headers that a response in pages needs besides its body. */
const CACHED_HEADERS = ['content-type', 'link']

/**
 * Returns a fetch for GET requests with small responses that rarely change. It caches JSON in a folder, sends the ETag
 * with the next request, and uses the cached response while the server is not available.
 */
export function conditionalFetch(fetch: Fetch, folder: string, warning: (line: string) => void): Fetch {
  return async (url, init = {}) => {
    const file = path.join(folder, `${createHash('sha256').update(url).digest('hex')}.json`)
    const cached = await read(file, url)
    const headers = new Headers(init.headers)
    if (cached?.etag) headers.set('if-none-match', cached.etag)

    let response: Response
    try {
      response = await fetch(url, { ...init, headers })
    } catch (error) {
      if (!cached || !(error instanceof HttpFailure)) throw error
      warning(`${messageOf(error)} Using the cached response of an earlier run.`)
      return responseOf(cached)
    }
    if (cached && response.status === 304) return responseOf(cached)
    if (cached && response.status >= 500) {
      await response.body?.cancel()
      warning(
        `${new URL(url).host} responds with status ${response.status}. Using the cached response of an earlier run.`
      )
      return responseOf(cached)
    }
    if (!response.ok || !isJson(response)) return response
    const received = await receive(url, response)
    if (jsonOf(received.body) !== undefined)
      await store(file, received).catch((error: unknown) =>
        warning(
          `The response of ${new URL(url).host} could not be stored in the tool cache: ${messageOf(error)}`
        )
      )
    return responseOf(received)
  }
}

export function isJson(response: Response): boolean {
  return /^application\/([\w.+-]+\+)?json\b/.test(response.headers.get('content-type') ?? '')
}

async function read(file: string, url: string): Promise<CachedResponse | undefined> {
  const cached = jsonOf(await readFile(file, 'utf8').catch(() => '')) as CachedResponse | undefined
  return cached?.url === url ? cached : undefined
}

async function receive(url: string, response: Response): Promise<CachedResponse> {
  const headers: Record<string, string> = {}
  for (const name of CACHED_HEADERS) {
    const value = response.headers.get(name)
    if (value !== null) headers[name] = value
  }
  return { url, etag: response.headers.get('etag'), headers, body: await response.text() }
}

async function store(file: string, cached: CachedResponse): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  // Another run may read the file at the same time.
  const staged = `${file}.${randomUUID()}`
  await writeFile(staged, JSON.stringify(cached))
  await rename(staged, file)
}

function responseOf(cached: CachedResponse): Response {
  return new Response(cached.body, { status: 200, headers: cached.headers })
}
