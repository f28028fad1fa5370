import { readFile, stat } from 'node:fs/promises'
import { hashOfFile } from '../lib/digest.js'
import { Failure } from '../lib/errors.js'
import type { JdkAsset } from './asset.js'

export interface ExpectedDigest {
  sha256: string
  source: string
}

/** Verifies size and digests of an archive, and returns its sha256. A difference is a Failure. */
export async function verifyArchive(
  file: string,
  asset: JdkAsset,
  expected: readonly ExpectedDigest[]
): Promise<string> {
  const { size } = await stat(file)
  if (asset.size !== undefined && size !== asset.size) {
    throw notGenuine(asset, `it has ${size} bytes, but the source has ${asset.size}`)
  }
  const sha256 = (await hashOfFile(file)).digest('hex')
  for (const digest of expected) {
    if (sha256 !== digest.sha256)
      throw notGenuine(asset, `its sha256 is ${sha256}, but ${digest.source} has ${digest.sha256}`)
  }
  if (asset.sha1 !== undefined) {
    const sha1 = (await hashOfFile(file, 'sha1')).digest('hex')
    if (sha1 !== asset.sha1) throw notGenuine(asset, `its sha1 is ${sha1}, but the source has ${asset.sha1}`)
  }
  return sha256
}

function notGenuine(asset: JdkAsset, why: string): Failure {
  return new Failure('jdk', `${asset.name} is not the expected archive: ${why}.`, {
    fix: 'Run the job again. If it fails again, compare the digests with a source that you trust before you change `jdk-sha256`.'
  })
}

/** Returns the sha256 of an archive by its name, from data/jdk-digests.tsv; undefined where it is not in that file. */
export async function knownSha256(file: string, name: string): Promise<string | undefined> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return lines.find((line) => line.startsWith(`${name}\t`))?.split('\t')[1]
}
