import type { Core, Descriptor, OpenFile } from './images.js'
import type { Kind } from './kinds.js'
import { APP_DIR, JDK_DIR } from '../lib/image-paths.js'

/** What is in a snapshot, besides the bytes themselves. */
export interface Content {
  /** In bytes, together the size of the files of pages; undefined where the JVM did not tell what is where. */
  memory: (Record<Exclude<Kind, 'javaHeap'>, number> & { javaHeap: number | undefined }) | undefined
  processes: number
  threads: ThreadGroup[]
  /** undefined where CRIU did not note it. */
  user: { uid: number; gid: number; groups: number[] } | undefined
  open: OpenThings
  /** Names alone, sorted; undefined where they are not known. */
  environment: string[] | undefined
}

/** Threads whose names differ in nothing but the number at their end. */
export interface ThreadGroup {
  name: string
  count: number
}

export interface OpenThings {
  /** Paths of files outside of the JDK and the application, sorted. */
  files: string[]
  /** Sockets that lead anywhere: the JDK itself keeps the loose end of a pair, which does not. */
  sockets: number
  /** Everything else, such as the pipes of the standard streams. */
  others: number
}

/** Where the images of the action keep the JDK and the application (docker/Dockerfile). */
const EXPECTED = [`${JDK_DIR}/`, `${APP_DIR}/`]

/** The threads in groups, the largest first. */
export function threadsOf(cores: readonly Core[]): ThreadGroup[] {
  const counts = new Map<string, number>()
  for (const { name = '' } of cores) {
    const group = name.replace(/[-#]?\d+$/, '') || name
    counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
}

export function openOf(descriptors: readonly Descriptor[], files: ReadonlyMap<number, OpenFile>): OpenThings {
  const paths = new Set<string>()
  let sockets = 0
  let others = 0
  for (const { file: id, type } of descriptors) {
    const file = files.get(id)
    const path = file?.path
    if (type.endsWith('socket') && !file?.isLoose) sockets++
    else if (type !== 'file' || path === undefined) others++
    else if (!EXPECTED.some((folder) => path.startsWith(folder))) paths.add(path)
  }
  return { files: [...paths].sort(), sockets, others }
}
