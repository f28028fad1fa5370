import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import * as toolCache from '@actions/tool-cache'
import { requireDiskSpace } from '../lib/disk.js'
import { messageOf } from '../lib/errors.js'
import { jsonOf } from '../lib/json.js'
import { linkOrCopy } from '../lib/link-or-copy.js'
import { megabytes } from '../lib/values.js'
import type { JdkAsset } from './asset.js'
import { readArchive, type Content, type ReadArchive } from './content.js'
import { download, type DownloadOptions } from './download.js'
import { measure, notGenuine, verifyArchive, type ExpectedDigest, type Measured } from './verify.js'

export interface JdkArchive {
  asset: JdkAsset
  /** Path of what was written of the archive. It is unpacked inside the image build, as root: `lib/criu` has a setuid bit to keep. */
  file: string
  /** Digest of the archive as the source has it, computed here; lower-case hexadecimal. */
  sha256: string
  /** Whether the file is the layer that an image has of this JDK (src/registry/jdk-layer.ts), and not its archive. */
  isLayer?: boolean
}

export interface InstallOptions extends DownloadOptions {
  content: Content
  jdkSha256: string | undefined
  /** Returns a digest of another source, for an asset without one; called only where its archive, or a layer of it, is not on this machine. */
  furtherSha256: (asset: JdkAsset) => Promise<ExpectedDigest | undefined>
  /** Existing folder of this run, which receives the archive. */
  temporaryFolder: string
  /** RUNNER_TOOL_CACHE, which other runs use at the same time. */
  toolCache: string
  warning: (line: string) => void
}

/** Names in the tool cache. */
const TOOL: Record<Content, string> = { whole: 'crac-jdk-archive', thin: 'crac-jdk' }
/** File beside the archive in the cache, with its CacheRecord. */
const RECORD_FILE = 'record.json'

/** What was found out about an archive when it was downloaded and verified. */
interface CacheRecord {
  /** The archive as the source has it. */
  archive: Measured
  /** Digest of the file in the cache; of the whole archive, it is the same. */
  sha256: string
}

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
  const folder = cachedFolder(asset, options.content)
  if (folder === '') return undefined
  const file = path.join(options.temporaryFolder, asset.name)
  try {
    // Another run may replace the file in the cache at any time: the verified file must be the used one.
    await rm(file, { force: true })
    await linkOrCopy(path.join(folder, asset.name), file)
    const record = jsonOf(await readFile(path.join(folder, RECORD_FILE), 'utf8')) as
      Partial<CacheRecord> | undefined
    const found = await measure(createReadStream(file))
    if (record?.archive === undefined || found.sha256 !== record.sha256)
      throw notGenuine(
        asset,
        `its sha256 is ${found.sha256}, but the record of its download has ${record?.sha256}`
      )
    // Of a thinned archive, the record alone has the digests of the source.
    const archive = options.content === 'whole' ? found : record.archive
    verifyArchive(archive, asset, expected)
    options.info(`${asset.name} is in the tool cache.`)
    return { asset, file, sha256: archive.sha256 }
  } catch (error) {
    options.warning(`The archive in the tool cache is not used: ${messageOf(error)}`)
    await rm(folder, { recursive: true, force: true })
    return undefined
  }
}

/** Returns the folder of the archive in the tool cache; empty where it is not there. */
export function cachedFolder(asset: JdkAsset, content: Content): string {
  return toolCache.find(TOOL[content], cacheVersion(asset), asset.architecture)
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
    const read = async (archive: Readable): Promise<ReadArchive> =>
      await readArchive(archive, asset.name, file, options.content)
    const { measured, release } = await download(asset, read, options)
    verifyArchive(measured, asset, expected)
    const { sha256 } = measured
    if (expected.length === 0) {
      options.warning(
        `There is no sha256 to verify ${asset.name}. To pin the archive, set \`jdk-sha256: ${sha256}\`.`
      )
    }
    release()
    await store(
      file,
      measured,
      path.join(options.toolCache, TOOL[options.content], cacheVersion(asset), asset.architecture)
    ).catch((error: unknown) =>
      options.warning(`The archive could not be stored in the tool cache: ${messageOf(error)}`)
    )
    return { asset, file, sha256 }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/**
 * Stores the archive in the tool cache, completely or not at all: cacheDir of @actions/tool-cache does not support two
 * runs at the same time. The first one wins; the archive of the other is the same.
 */
async function store(file: string, archive: Measured, folder: string): Promise<void> {
  const staged = `${folder}-${randomBytes(6).toString('hex')}`
  await mkdir(staged, { recursive: true })
  try {
    await linkOrCopy(file, path.join(staged, path.basename(file)))
    const { sha256 } = await measure(createReadStream(file))
    const record: CacheRecord = { archive, sha256 }
    await writeFile(path.join(staged, RECORD_FILE), JSON.stringify(record))
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
