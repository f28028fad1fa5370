import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as toolCache from '@actions/tool-cache'
import { requireRoom } from '../lib/disk.js'
import { messageOf } from '../lib/errors.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import { megabytes } from '../lib/values.js'
import { checkArchive } from './archive.js'
import type { JdkAsset } from './asset.js'
import { download, type DownloadOptions } from './download.js'
import { verifyArchive, type Demand } from './verify.js'

/** The archive of a JDK on this machine, verified. */
export interface JdkArchive {
  asset: JdkAsset
  /** Path of the archive. It is unpacked inside the image build, as root: `lib/criu` has a setuid bit to keep. */
  file: string
  /** Of the archive, computed here; lower-case hexadecimal. */
  sha256: string
  cached: boolean
}

export interface InstallOptions extends DownloadOptions {
  /** The digest that the user demands. */
  jdkSha256: string | undefined
  /** A digest from elsewhere, for a source that gives none; asked for only before a download. */
  furtherSha256: (asset: JdkAsset) => Promise<Demand | undefined>
  /** Existing folder of the run's own: the archive is there afterwards. */
  temporaryFolder: string
  /** RUNNER_TOOL_CACHE, which other runs use at the same time. */
  toolCache: string
  warning: (line: string) => void
}

const TOOL = 'crac-jdk-archive'
/** Beside the archive in the cache: the sha256 that it had when it was verified. */
const RECORD = 'sha256'

/** Takes the archive from the tool cache, or downloads it; verifies it in both cases. */
export async function installJdk(asset: JdkAsset, options: InstallOptions): Promise<JdkArchive> {
  const demands: Demand[] = []
  if (asset.sha256 !== undefined) demands.push({ sha256: asset.sha256, by: 'the source' })
  if (options.jdkSha256 !== undefined) demands.push({ sha256: options.jdkSha256, by: '`jdk-sha256`' })
  return (await fromCache(asset, demands, options)) ?? (await fetched(asset, demands, options))
}

async function fromCache(
  asset: JdkAsset,
  demands: readonly Demand[],
  options: InstallOptions
): Promise<JdkArchive | undefined> {
  const folder = toolCache.find(TOOL, cacheVersion(asset), asset.architecture)
  if (!folder) return undefined
  const file = path.join(options.temporaryFolder, asset.name)
  try {
    // Another run may replace what is in the cache at any time: what is verified has to be what is used.
    await rm(file, { force: true })
    await linkOrCopy(path.join(folder, asset.name), file)
    const recorded = {
      sha256: (await readFile(path.join(folder, RECORD), 'utf8')).trim(),
      by: 'the record of its download'
    }
    const sha256 = await verifyArchive(file, asset, [...demands, recorded])
    options.info(`${asset.name} is in the tool cache.`)
    return { asset, file, sha256, cached: true }
  } catch (error) {
    options.warning(`The archive in the tool cache is not used: ${messageOf(error)}`)
    await rm(folder, { recursive: true, force: true })
    return undefined
  }
}

async function fetched(asset: JdkAsset, demands: Demand[], options: InstallOptions): Promise<JdkArchive> {
  if (asset.sha256 === undefined) {
    const further = await options.furtherSha256(asset)
    if (further) demands.push(further)
  }
  const file = path.join(options.temporaryFolder, asset.name)
  const size = asset.size === undefined ? '' : ` (${megabytes(asset.size)})`
  options.info(`Downloading ${asset.name}${size} from ${new URL(asset.url).host} ...`)
  await requireRoom(options.temporaryFolder, asset.size ?? 0, asset.name)
  try {
    await rm(file, { force: true })
    await download(asset, file, options)
    const sha256 = await verifyArchive(file, asset, demands)
    if (demands.length === 0) {
      options.warning(
        `There is no sha256 to check ${asset.name} against. To pin the archive, set \`jdk-sha256: ${sha256}\`.`
      )
    }
    await checkArchive(file)
    await keep(
      file,
      sha256,
      path.join(options.toolCache, TOOL, cacheVersion(asset), asset.architecture)
    ).catch((error: unknown) =>
      options.warning(`The archive is not kept in the tool cache: ${messageOf(error)}`)
    )
    return { asset, file, sha256, cached: false }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/**
 * Puts the archive into the tool cache, whole or not at all: two runs may do so at the same time, which cacheDir of
 * @actions/tool-cache is not made for. The first one wins; the archive of the other is the same.
 */
async function keep(file: string, sha256: string, folder: string): Promise<void> {
  const staged = `${folder}-${randomBytes(6).toString('hex')}`
  await mkdir(staged, { recursive: true })
  try {
    await linkOrCopy(file, path.join(staged, path.basename(file)))
    await writeFile(path.join(staged, RECORD), `${sha256}\n`)
    await rename(staged, folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
  // By this file @actions/tool-cache knows that the folder is complete.
  await writeFile(`${folder}.complete`, '')
}

// The tool cache wants a semantic version: what does not fit into three numbers follows the name of the vendor.
function cacheVersion(asset: JdkAsset): string {
  const [major = 0, minor = 0, patch = 0, ...rest] = asset.order
  return `${major}.${minor}.${patch}-${[asset.distribution, ...rest].join('.')}`
}
