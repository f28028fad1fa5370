import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../lib/errors.js'
import { checkArchive } from './archive.js'
import type { Architecture, JdkAsset } from './asset.js'
import { javaVersionIn } from './fitting.js'
import type { JdkArchive } from './install.js'
import { verifyArchive } from './verify.js'

/** Verifies and returns an archive on the runner: the input `jdk-file`. */
export async function jdkFromFile(
  file: string,
  architecture: Architecture,
  jdkSha256: string | undefined,
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
  const sha256 = await verifyArchive(file, asset, expected)
  if (jdkSha256 === undefined) warning(`To pin ${name}, set \`jdk-sha256: ${sha256}\`.`)
  const release = await checkArchive(file)
  return { asset: { ...asset, major: javaVersionIn(release) }, file, sha256, cached: true }
}
