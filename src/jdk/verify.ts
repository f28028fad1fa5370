import { stat } from 'node:fs/promises'
import { hashOfFile } from '../lib/digest.js'
import { Failure } from '../lib/errors.js'
import type { JdkAsset } from './asset.js'

/** A digest that an archive must have, and who says so. */
export interface Demand {
  sha256: string
  by: string
}

/** Checks size and digests of an archive; gives its sha256. One that is not what was asked for is a Failure. */
export async function verifyArchive(
  file: string,
  asset: JdkAsset,
  demands: readonly Demand[]
): Promise<string> {
  const { size } = await stat(file)
  if (asset.size !== undefined && size !== asset.size) {
    throw notGenuine(asset, `it has ${size} bytes where the source says ${asset.size}`)
  }
  const sha256 = (await hashOfFile(file)).digest('hex')
  for (const demand of demands) {
    if (sha256 !== demand.sha256)
      throw notGenuine(asset, `its sha256 is ${sha256}, but ${demand.by} demands ${demand.sha256}`)
  }
  if (asset.sha1 !== undefined) {
    const sha1 = (await hashOfFile(file, 'sha1')).digest('hex')
    if (sha1 !== asset.sha1) throw notGenuine(asset, `its sha1 is ${sha1}, but the source says ${asset.sha1}`)
  }
  return sha256
}

function notGenuine(asset: JdkAsset, why: string): Failure {
  return new Failure('jdk', `${asset.name} is not the archive that was asked for: ${why}.`, {
    fix: 'Run the job again; if it stays so, compare the digests with a source that you trust before you change `jdk-sha256`.'
  })
}
