import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as toolCache from '@actions/tool-cache'
import { requireDiskSpace } from '../lib/disk.js'
import { messageOf } from '../lib/errors.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import { megabytes } from '../lib/values.js'
import { checkArchive } from './archive.js'
import type { JdkAsset } from './asset.js'
import { download, type DownloadOptions } from './download.js'
import { verifyArchive, type ExpectedDigest } from './verify.js'

export interface JdkArchive {
  asset: JdkAsset
  /** Path of the archive. It is unpacked inside the image build, as root: `lib/criu` has a setuid bit to keep. */
  file: string
  /** Digest of the archive, computed here; lower-case hexadecimal. */
  sha256: string
  cached: boolean
}

export interface InstallOptions extends DownloadOptions {
  jdkSha256: string | undefined
  /** Returns a digest of another source, for an asset without one; called only before a download. */
  furtherSha256: (asset: JdkAsset) => Promise<ExpectedDigest | undefined>
  /** Existing folder of this run, which receives the archive. */
  temporaryFolder: string
  /** RUNNER_TOOL_CACHE, which other runs use at the same time. */
  toolCache: string
  warning: (line: string) => void
}

const TOOL = 'crac-jdk-archive'
/** File beside the archive in the cache: the sha256 that it had when it was verified. */
const DIGEST_FILE = 'sha256'

/** Copies the archive from the tool cache, or downloads it, and verifies it in both cases. */
export async function installJdk(asset: JdkAsset, options: InstallOptions): Promise<JdkArchive> {
  const expected: ExpectedDigest[] = []
  if (asset.sha256 !== undefined) expected.push({ sha256: asset.sha256, source: 'the source' })
  if (options.jdkSha256 !== undefined) expected.push({ sha256: options.jdkSha256, source: '`jdk-sha256`' })
  return (await fromCache(asset, expected, options)) ?? (await downloaded(asset, expected, options))
}

async function fromCache(
  asset: JdkAsset,
  expected: readonly ExpectedDigest[],
  options: InstallOptions
): Promise<JdkArchive | undefined> {
  const folder = toolCache.find(TOOL, cacheVersion(asset), asset.architecture)
  if (!folder) return undefined
  const file = path.join(options.temporaryFolder, asset.name)
  try {
    // Another run may replace the file in the cache at any time: the verified file must be the used one.
    await rm(file, { force: true })
    await linkOrCopy(path.join(folder, asset.name), file)
    const recorded = {
      sha256: (await readFile(path.join(folder, DIGEST_FILE), 'utf8')).trim(),
      source: 'the record of its download'
    }
    const sha256 = await verifyArchive(file, asset, [...expected, recorded])
    options.info(`${asset.name} is in the tool cache.`)
    return { asset, file, sha256, cached: true }
  } catch (error) {
    options.warning(`The archive in the tool cache is not used: ${messageOf(error)}`)
    await rm(folder, { recursive: true, force: true })
    return undefined
  }
}

async function downloaded(
  asset: JdkAsset,
  expected: ExpectedDigest[],
  options: InstallOptions
): Promise<JdkArchive> {
  if (asset.sha256 === undefined) {
    const further = await options.furtherSha256(asset)
    if (further) expected.push(further)
  }
  const file = path.join(options.temporaryFolder, asset.name)
  const size = asset.size === undefined ? '' : ` (${megabytes(asset.size)})`
  options.info(`Downloading ${asset.name}${size} from ${new URL(asset.url).host} ...`)
  await requireDiskSpace(options.temporaryFolder, asset.size ?? 0, asset.name)
  try {
    await rm(file, { force: true })
    await download(asset, file, options)
    const sha256 = await verifyArchive(file, asset, expected)
    if (expected.length === 0) {
      options.warning(
        `There is no sha256 to verify ${asset.name}. To pin the archive, set \`jdk-sha256: ${sha256}\`.`
      )
    }
    await checkArchive(file)
    await store(
      file,
      sha256,
      path.join(options.toolCache, TOOL, cacheVersion(asset), asset.architecture)
    ).catch((error: unknown) =>
      options.warning(`The archive could not be stored in the tool cache: ${messageOf(error)}`)
    )
    return { asset, file, sha256, cached: false }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/**
 * Stores the archive in the tool cache, completely or not at all: cacheDir of @actions/tool-cache does not support two
 * runs at the same time. The first one wins; the archive of the other is the same.
 */
async function store(file: string, sha256: string, folder: string): Promise<void> {
  const staged = `${folder}-${randomBytes(6).toString('hex')}`
  await mkdir(staged, { recursive: true })
  try {
    await linkOrCopy(file, path.join(staged, path.basename(file)))
    await writeFile(path.join(staged, DIGEST_FILE), `${sha256}\n`)
    await rename(staged, folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
  // This file marks the folder as complete for @actions/tool-cache.
  await writeFile(`${folder}.complete`, '')
}

// The tool cache requires a semantic version: further numbers follow the name of the vendor.
function cacheVersion(asset: JdkAsset): string {
  const [major = 0, minor = 0, patch = 0, ...rest] = asset.order
  return `${major}.${minor}.${patch}-${[asset.distribution, ...rest].join('.')}`
}
