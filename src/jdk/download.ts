import { Readable } from 'node:stream'
import { reasonOf } from '../http/client.js'
import type { Fetch } from '../http/fetch.js'
import { HttpFailure, withRetries, type HttpContext } from '../http/retry.js'
import { isDiskFull } from '../lib/disk.js'
import { Failure } from '../lib/errors.js'
import type { JdkAsset } from './asset.js'
import type { ReadArchive } from './content.js'
import { statusFailure } from './response.js'

export interface DownloadOptions extends HttpContext {
  fetch: Fetch
  /** Token for the server of the asset; it is not sent to a server to which that one redirects. */
  token: string | undefined
  /** Receives the bytes so far, and the total where the source has it. */
  progress: (bytes: number, total: number | undefined) => void
}

/** Passes the archive to a reader while it is downloaded, and returns the result of that reader. */
export async function download(
  asset: JdkAsset,
  read: (archive: Readable) => Promise<ReadArchive>,
  options: DownloadOptions
): Promise<ReadArchive> {
  // An archive that is not complete is downloaded once more.
  return await withRetries(options, { tries: 2, longestWait: 0 }, () => attempt(asset, read, options))
}

async function attempt(
  asset: JdkAsset,
  read: (archive: Readable) => Promise<ReadArchive>,
  options: DownloadOptions
): Promise<ReadArchive> {
  const { host } = new URL(asset.url)
  const context = `${asset.name} could not be downloaded`
  // Without this Accept header the GitHub API responds with a description of the asset.
  const headers: Record<string, string> = { accept: 'application/octet-stream' }
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  const response = await options.fetch(asset.url, { headers }).catch((error: unknown) => {
    throw error instanceof Failure ? error.of(context) : error
  })
  if (!response.ok) {
    const token = options.token !== undefined ? 'sent' : asset.distribution === 'crac' ? 'missing' : 'none'
    throw (await statusFailure(response, new URL(asset.url), token)).of(context)
  }
  const incomplete = (why: string): HttpFailure => {
    const fix = `Check that the runner reaches ${host} and the host that it redirects to, and run the job again.`
    return new HttpFailure('runner', `${context}: ${why}.`, { fix }, {})
  }
  if (response.body === null) throw incomplete('the response has no body')

  let bytes = 0
  const body = Readable.fromWeb(response.body)
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    options.progress(bytes, asset.size)
    if (asset.size !== undefined && bytes > asset.size)
      body.destroy(new Error(`it is longer than ${asset.size} bytes`))
  })
  const archive = await read(body).catch((error: unknown) => {
    options.cancelled?.throwIfAborted()
    if (isDiskFull(error)) throw error
    throw incomplete(`it ended after ${bytes} bytes (${reasonOf(error, options.patience.tryTimeout)})`)
  })
  if (asset.size !== undefined && bytes !== asset.size)
    throw incomplete(`it has ${bytes} bytes, but the source has ${asset.size}`)
  return archive
}
