import { createHash, type Hash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { ResourcePolicies } from '../application/resource-policies.js'
import type { Application } from '../application/layouts/layout.js'
import { hashOfFile } from '../lib/digest.js'
import { requestOf, type WarmUpLine } from '../probe/request-lines.js'

export interface FingerprintParts {
  version: string
  /** The folder of the Dockerfile and the scripts that the action ships. */
  dockerFolder: string
  base: { digest: string | undefined; workingDirectory: string; ground?: string }
  jdkSha256: string
  application: Pick<Application, 'command' | 'dependencies' | 'classes' | 'files'>
  /** The folder that paths of the warm-up are relative to. */
  workspace: string
  warmup: readonly WarmUpLine[] | undefined
  warmupScript: string | undefined
  /** The rules themselves are among the values of the inputs; a file of rules is not. */
  resourcePolicies?: ResourcePolicies | undefined
  /** The values of the inputs that change the image, as they can be written as JSON. */
  inputs: unknown
}

/**
 * Returns the sha256 of everything that goes into an image, in hexadecimal: names, contents and executable bits of files,
 * and values. The times of the files do not count.
 */
export async function fingerprintOf(parts: FingerprintParts): Promise<string> {
  const { version, dockerFolder, base, jdkSha256, application, workspace, warmup = [], warmupScript } = parts
  const requests = await Promise.all(
    warmup.map(async (line) => [await requestOf(line, workspace), line.times, line.concurrency])
  )
  /** Names in the image, with the files and folders on the runner. */
  const files = [...application.dependencies, ...application.classes].map(([from, to]): [string, string] => [
    `app/${to}`,
    from
  ])
  for (const [to, from] of application.files) files.push([`files${to}`, from])
  files.push(['docker', dockerFolder])
  const { resourcePolicies: policies } = parts
  if (policies && 'file' in policies)
    files.push(['resource-policies', path.resolve(workspace, policies.file)])
  if (warmupScript !== undefined) files.push(['warmup-script', path.resolve(workspace, warmupScript)])

  const hash = createHash('sha256')
  const values = [version, base.digest, base.workingDirectory, jdkSha256, application.command, requests]
  add(hash, JSON.stringify([...values, parts.inputs, ...(base.ground === undefined ? [] : [base.ground])]))
  for (const [name, source] of files.sort(([a], [b]) => compare(a, b))) await addTree(hash, name, source)
  return hash.digest('hex')
}

async function addTree(hash: Hash, name: string, source: string): Promise<void> {
  // The image contains what a link leads to, not the link.
  const entry = await stat(source)
  if (entry.isDirectory()) {
    for (const child of (await readdir(source)).sort(compare))
      await addTree(hash, path.posix.join(name, child), path.join(source, child))
    return
  }
  const content = await hashOfFile(source)
  add(hash, `${name}\0${entry.mode & 0o111 ? 'x' : '-'}\0${content.digest('hex')}`)
}

/** Adds a text after its length, so that two different lists of texts never give the same hash. */
function add(hash: Hash, text: string): void {
  hash.update(`${Buffer.byteLength(text)}\0${text}`)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
