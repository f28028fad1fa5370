import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isDiskFull } from '../lib/disk.js'
import { Failure, messageOf } from '../lib/errors.js'
import type { Fetch } from '../http/fetch.js'
import type { Milliseconds } from '../lib/values.js'
import { badStatus } from './answer.js'
import type { JdkAsset } from './asset.js'

export interface DownloadOptions {
  fetch: Fetch
  /** For the server of the asset; never sent to the one that it redirects to. */
  token: string | undefined
  /** The longest time between two pieces of the archive. */
  stallTimeout: Milliseconds
  /** Bytes so far, and of all where the source tells. */
  progress: (bytes: number, total: number | undefined) => void
  info: (line: string) => void
}

/** An archive that breaks off is fetched once more. */
const TRIES = 2

/** Fetches the archive into a file that does not exist yet; after a failure there is none. */
export async function download(asset: JdkAsset, file: string, options: DownloadOptions): Promise<void> {
  for (let tries = 1; ; tries++) {
    const broken = await attempt(asset, file, options)
    if (broken === undefined) return
    await rm(file, { force: true })
    if (tries === TRIES) {
      throw new Failure('runner', `${asset.name} could not be downloaded: ${broken}.`, {
        fix: `Check that the runner reaches ${new URL(asset.url).host} and the host that it redirects to, and run the job again.`
      })
    }
    options.info(`${asset.name}: ${broken}; trying again.`)
  }
}

/** What broke the download off; undefined when it is complete. */
async function attempt(asset: JdkAsset, file: string, options: DownloadOptions): Promise<string | undefined> {
  const { host } = new URL(asset.url)
  // Without this Accept header the GitHub API answers with a description of the asset.
  const headers: Record<string, string> = {
    accept: 'application/octet-stream',
    'user-agent': 'crac-checkpoint'
  }
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  const response = await options.fetch(asset.url, { headers })
  if (!response.ok) {
    const failure = await badStatus(response, host, options.token !== undefined)
    throw failure.of(`${asset.name} could not be downloaded`)
  }
  if (response.body === null) return 'the answer has no body'

  let bytes = 0
  const body = Readable.fromWeb(response.body)
  let stall = setTimeout(stalled, options.stallTimeout)
  function stalled(): void {
    body.destroy(new Error(`nothing came for ${options.stallTimeout / 1000} s`))
  }
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    clearTimeout(stall)
    stall = setTimeout(stalled, options.stallTimeout)
    options.progress(bytes, asset.size)
    if (asset.size !== undefined && bytes > asset.size)
      body.destroy(new Error('it is longer than the source says'))
  })
  try {
    await pipeline(body, createWriteStream(file, { flags: 'wx' }))
  } catch (error) {
    // Trying again makes no room.
    if (isDiskFull(error)) throw error
    return `it broke off after ${bytes} bytes (${messageOf(error)})`
  } finally {
    clearTimeout(stall)
  }
  if (asset.size !== undefined && bytes !== asset.size)
    return `it has ${bytes} bytes where the source says ${asset.size}`
  return undefined
}
