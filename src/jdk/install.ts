import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import * as toolCache from '@actions/tool-cache'
import { Failure, messageOf } from '../errors.js'
import type { JdkAsset } from './crac-releases.js'
import { formatVersion } from './version.js'

/** The archive of a JDK on this machine, verified. */
export interface JdkArchive {
  asset: JdkAsset
  /** Path of the archive. It is unpacked inside the image build, as root: `lib/criu` has a setuid bit to keep. */
  file: string
  /** Of the archive, computed here; lower-case hexadecimal. */
  sha256: string
  cached: boolean
}

export interface InstallOptions {
  /** The digest that the user demands, besides that of the source. */
  jdkSha256: string | undefined
  token: string | undefined
  /** A folder of the run's own. */
  temporaryFolder: string
  info: (line: string) => void
  warning: (line: string) => void
}

const TOOL = 'crac-jdk-archive'

/** Takes the archive from the tool cache, or downloads it; verifies it in both cases. */
export async function installJdk(asset: JdkAsset, options: InstallOptions): Promise<JdkArchive> {
  const version = `${asset.version.major}.0.0-crac.${asset.version.build}`
  const cachedFolder = toolCache.find(TOOL, version, asset.architecture)
  if (cachedFolder) {
    const file = path.join(cachedFolder, asset.name)
    try {
      const sha256 = await verify(file, asset, options.jdkSha256)
      options.info(`${asset.name} is in the tool cache.`)
      return { asset, file, sha256, cached: true }
    } catch (error) {
      options.warning(`The archive in the tool cache is not used: ${messageOf(error)}`)
      await rm(cachedFolder, { recursive: true, force: true })
    }
  }

  const downloaded = await download(asset, options)
  try {
    const sha256 = await verify(downloaded, asset, options.jdkSha256)
    if (asset.sha256 === undefined && options.jdkSha256 === undefined) {
      options.warning(
        `GitHub gives no digest for ${asset.name}, so only its size was checked. ` +
          `To pin the archive, set \`jdk-sha256: ${sha256}\`.`
      )
    }
    const folder = await toolCache.cacheFile(downloaded, asset.name, TOOL, version, asset.architecture)
    return { asset, file: path.join(folder, asset.name), sha256, cached: false }
  } finally {
    await rm(downloaded, { force: true })
  }
}

async function download(asset: JdkAsset, options: InstallOptions): Promise<string> {
  const destination = path.join(options.temporaryFolder, asset.name)
  options.info(`Downloading ${asset.name} (${(asset.size / 1e6).toFixed(1)} MB) ...`)
  try {
    // Without this Accept header the API answers with a description of the asset. The client of the tool
    // cache follows the redirect to the storage host and keeps the token to itself when the host changes.
    return await toolCache.downloadTool(
      asset.url,
      destination,
      options.token === undefined ? undefined : `Bearer ${options.token}`,
      { accept: 'application/octet-stream' }
    )
  } catch (error) {
    await rm(destination, { force: true })
    throw new Failure('runner', `${asset.name} could not be downloaded: ${messageOf(error)}`, {
      cure: `Check that the runner reaches ${new URL(asset.url).host} and the host that it redirects to, and run the job again.`,
      cause: error
    })
  }
}

/** Checks size and digests; gives the sha256. A file that is not what was asked for is a Failure. */
async function verify(file: string, asset: JdkAsset, demanded: string | undefined): Promise<string> {
  const { size } = await stat(file)
  if (size !== asset.size) {
    throw notGenuine(asset, `it has ${size} bytes where the release has ${asset.size}`)
  }
  const sha256 = await sha256Of(file)
  if (asset.sha256 !== undefined && sha256 !== asset.sha256) {
    throw notGenuine(asset, `its sha256 is ${sha256}, but GitHub gives ${asset.sha256}`)
  }
  if (demanded !== undefined && sha256 !== demanded) {
    throw notGenuine(asset, `its sha256 is ${sha256}, but \`jdk-sha256\` demands ${demanded}`)
  }
  return sha256
}

function notGenuine(asset: JdkAsset, why: string): Failure {
  return new Failure(
    'jdk',
    `${formatVersion(asset.version)} (${asset.name}) is not the archive that was asked for: ${why}.`,
    {
      cure: 'Run the job again; if it stays so, compare the digests with a source that you trust before you change `jdk-sha256`.'
    }
  )
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
