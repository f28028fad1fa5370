import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Headers, Response } from 'undici'
import { messageOf } from '../lib/errors.js'
import type { Fetch } from './fetch.js'

interface Kept {
  url: string
  etag: string | null
  headers: Record<string, string>
  body: string
}

/** Headers that a paged answer needs besides its body. */
const KEPT_HEADERS = ['content-type', 'link']

/**
 * A fetch for GET requests whose answers are small and change seldom: good answers are kept in a folder, asked for
 * again with their ETag, and used when the server cannot answer.
 */
export function conditionalFetch(fetch: Fetch, folder: string, warning: (line: string) => void): Fetch {
  return async (url, init = {}) => {
    const file = path.join(folder, `${createHash('sha256').update(url).digest('hex')}.json`)
    const kept = await read(file, url)
    const headers = new Headers(init.headers)
    if (kept?.etag) headers.set('if-none-match', kept.etag)

    let response: Response
    try {
      response = await fetch(url, { ...init, headers })
    } catch (error) {
      if (!kept) throw error
      warning(`${messageOf(error)} Going on with its answer of an earlier run.`)
      return restored(kept)
    }
    if (kept && response.status === 304) return restored(kept)
    if (kept && response.status >= 500) {
      await response.body?.cancel()
      warning(`${new URL(url).host} answers ${response.status}. Going on with its answer of an earlier run.`)
      return restored(kept)
    }
    if (!response.ok || !isJson(response)) return response
    return restored(await keep(file, url, response))
  }
}

export function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export function isJson(response: Response): boolean {
  return /^application\/([\w.+-]+\+)?json\b/.test(response.headers.get('content-type') ?? '')
}

async function read(file: string, url: string): Promise<Kept | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  try {
    const kept = text === undefined ? undefined : (JSON.parse(text) as Kept)
    return kept?.url === url ? kept : undefined
  } catch {
    // Half written by a run that was killed: as good as none.
    return undefined
  }
}

async function keep(file: string, url: string, response: Response): Promise<Kept> {
  const headers: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name)
    if (value !== null) headers[name] = value
  }
  const kept = { url, etag: response.headers.get('etag'), headers, body: await response.text() }
  if (!parses(kept.body)) return kept
  await mkdir(path.dirname(file), { recursive: true })
  // Another run may read it meanwhile.
  const staged = `${file}.${randomUUID()}`
  await writeFile(staged, JSON.stringify(kept))
  await rename(staged, file)
  return kept
}

function restored(kept: Kept): Response {
  return new Response(kept.body, { status: 200, headers: kept.headers })
}
