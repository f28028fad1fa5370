import path from 'node:path'
import { SNAPSHOT_DIR } from '../lib/image-paths.js'
import type { SnapshotFile } from '../checkpoint/verify.js'
import type { Docker } from '../docker/docker.js'
import { KIND_NAMES } from '../snapshot/kinds.js'
import type { SnapshotReading } from '../snapshot/read.js'
import type { Finding } from './findings.js'
import type { Secret } from './needles.js'
import type { FilesScanned, Locate } from './scan-files.js'

/** The snapshot in an image that is searched, and what is known of it. */
export interface SearchedSnapshot {
  files: readonly SnapshotFile[]
  reading: SnapshotReading | undefined
  /** A value that has to be found in it. */
  mark: Secret
  /** Name or id of the image in which it was taken: the image below it. */
  below: string
}

/** The environment of the application is in its memory, and its host name is the container's own. */
export async function markOf(docker: Docker, container: string): Promise<Secret> {
  const inspect = ['inspect', '--format', '{{json .Config}}', '--', container]
  const { Hostname, Env } = JSON.parse(await docker.run(inspect)) as { Hostname: string; Env: string[] }
  const given = Env.find((pair) => pair.startsWith('HOSTNAME='))
  return { name: 'mark of the container', value: given ?? `HOSTNAME=${Hostname}` }
}

export function isOf(finding: Finding, { name }: Secret): boolean {
  return 'secret' in finding && finding.secret === name
}

/** Why the search of the snapshot proves nothing; undefined if it does. */
export function distrust(
  { files, mark }: SearchedSnapshot,
  { sizes, findings, unlisted }: FilesScanned
): string | undefined {
  for (const { name, size } of files) {
    const seen = sizes.get(`${SNAPSHOT_DIR}/${name}`) ?? 0
    if (seen !== size) return `of its ${name} ${seen} of ${size} bytes were seen`
  }
  if (!findings.some((finding) => isOf(finding, mark) && finding.place?.file.startsWith(SNAPSHOT_DIR)))
    return 'the environment of the application, which is in its memory, was not seen there'
  return unlisted > 0 ? 'there are too many tokens in the image to be listed' : undefined
}

/** The kind of memory that a byte of a file of pages was. */
export function locatorIn(reading: SnapshotReading | undefined): Locate {
  return (file, offset) => {
    if (path.posix.dirname(file) !== SNAPSHOT_DIR) return undefined
    const place = reading?.map.locate(path.posix.basename(file), offset)
    return place && (place.kind === 'files' && place.file ? `mapped ${place.file}` : KIND_NAMES[place.kind])
  }
}
