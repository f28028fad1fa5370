import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Failure } from '../lib/errors.js'
import type { JdkAsset } from './asset.js'

export interface ExpectedDigest {
  sha256: string
  source: string
}

/** Size in bytes and digests of an archive as it was read; digests in lower-case hexadecimal. */
export interface Measured {
  size: number
  sha256: string
  sha1: string
}

/** Reads an archive to its end, and returns its size and digests. */
export async function measure(archive: Readable): Promise<Measured> {
  const [sha256, sha1] = [createHash('sha256'), createHash('sha1')]
  let size = 0
  for await (const piece of archive as AsyncIterable<Buffer>) {
    sha256.update(piece)
    sha1.update(piece)
    size += piece.length
  }
  return { size, sha256: sha256.digest('hex'), sha1: sha1.digest('hex') }
}

/** Throws a Failure if an archive does not have the size and the digests that it should have. */
export function verifyArchive(
  { size, sha256, sha1 }: Measured,
  asset: JdkAsset,
  expected: readonly ExpectedDigest[]
): void {
  if (asset.size !== undefined && size !== asset.size) {
    throw notGenuine(asset, `it has ${size} bytes, but the source has ${asset.size}`)
  }
  for (const digest of expected) {
    if (sha256 !== digest.sha256)
      throw notGenuine(asset, `its sha256 is ${sha256}, but ${digest.source} has ${digest.sha256}`)
  }
  if (asset.sha1 !== undefined && sha1 !== asset.sha1) {
    throw notGenuine(asset, `its sha1 is ${sha1}, but the source has ${asset.sha1}`)
  }
}

export function notGenuine(asset: JdkAsset, why: string): Failure {
  return new Failure('jdk', `${asset.name} is not the expected archive: ${why}.`, {
    fix: 'Run the job again. If it fails again, compare the digests with a source that you trust before you change `jdk-sha256`.'
  })
}

/** Returns the sha256 of an archive by its name, from data/jdk-digests.tsv; undefined where it is not in that file. */
export async function knownSha256(file: string, name: string): Promise<string | undefined> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.find((line) => line.startsWith(`${name}\t`))?.split('\t')[1]
}
