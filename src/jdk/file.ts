import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import type { Architecture, JdkAsset } from './asset.js'
import { readArchive } from './content.js'
import { javaVersionIn } from './fitting.js'
import type { JdkArchive } from './install.js'
import { verifyArchive } from './verify.js'

/** Verifies an archive on the runner, the input `jdk-file`, and returns it thinned, in an existing folder of this run. */
export async function jdkFromFile(
  file: string,
  architecture: Architecture,
  { jdkSha256, temporaryFolder }: { jdkSha256: string | undefined; temporaryFolder: string },
  warning: (line: string) => void
): Promise<JdkArchive> {
  const entry = await stat(file).catch(() => undefined)
  if (!entry?.isFile()) {
    throw new Failure('input', `Invalid input \`jdk-file\`: ${file} is not an existing file.`, {
      fix: 'Use the path of a .tar.gz, relative to the workspace, which an earlier step has put there.'
    })
  }
  const name = path.basename(file)
  const asset: JdkAsset = {
    distribution: 'file',
    version: name.replace(/\.(tar\.gz|tgz)$/, ''),
    aliases: [],
    major: 0,
    order: [],
    architecture,
    name,
    url: `file:${file}`,
    size: entry.size,
    sha256: undefined,
    sha1: undefined
  }
  const expected = jdkSha256 === undefined ? [] : [{ sha256: jdkSha256, source: '`jdk-sha256`' }]
  const thin = path.join(temporaryFolder, 'jdk.tar.gz')
  await rm(thin, { force: true })
  const { measured, release } = await readArchive(createReadStream(file), name, thin, 'thin')
  verifyArchive(measured, asset, expected)
  const { sha256 } = measured
  if (jdkSha256 === undefined) warning(`To pin ${name}, set \`jdk-sha256: ${sha256}\`.`)
  return { asset: { ...asset, major: javaVersionIn(release()) }, file: thin, sha256 }
}
