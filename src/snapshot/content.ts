import type { Core, Descriptor, OpenFile } from './images.js'
import { APP_DIR, JDK_DIR } from '../lib/image-paths.js'

/** What memory is used for; `other` has no known use, such as large blocks of malloc. */
export const KINDS = [
  'javaHeap',
  'code',
  'classes',
  'tables',
  'stacks',
  'nativeHeap',
  'files',
  'environment',
  'other'
] as const
export type Kind = (typeof KINDS)[number]

export const KIND_NAMES: Record<Kind, string> = {
  javaHeap: 'Java heap',
  code: 'compiled code',
  classes: 'classes',
  tables: 'tables of the garbage collector',
  stacks: 'stacks of threads',
  nativeHeap: 'native heap',
  files: 'mapped files',
  environment: 'environment and arguments',
  other: 'other memory'
}

export interface SnapshotContent {
  /** Sizes in bytes; their sum is the size of the pages files. undefined where the JVM did not report its memory. */
  memory: (Record<Exclude<Kind, 'javaHeap'>, number> & { javaHeap: number | undefined }) | undefined
  /** Size in bytes to which the Java heap may grow; undefined where the JVM did not report it. */
  maxHeap: number | undefined
  /** Whether no option sets that size, so that it follows from the memory of the runner. */
  defaultHeap: boolean
  /** How a restore gets the pages, in bytes, and why the Java heap is not mapped; undefined where it is. */
  restore: { mapped: number; loaded: number; loadedBecause: string | undefined }
  processes: number
  threads: ThreadGroup[]
  /** User of the JVM; undefined where CRIU did not record it. */
  user: { uid: number; gid: number; groups: number[] } | undefined
  open: OpenFiles
  /** Sorted names of the environment variables, without values; undefined where they are not known. */
  environment: string[] | undefined
}

/** Threads whose names differ only in the number at their end. */
export interface ThreadGroup {
  name: string
  count: number
}

export interface OpenFiles {
  /** Paths of files outside of the JDK and the application, sorted. */
  files: string[]
  /** Number of sockets, without the unconnected one of a pair that the JDK itself keeps. */
  sockets: number
  /** Number of other descriptors, such as the pipes of the standard streams. */
  others: number
}

/** Folders of the JDK and the application, whose files are expected to be open. */
const EXPECTED = [`${JDK_DIR}/`, `${APP_DIR}/`]

/** Returns the threads in groups, the largest group first. */
export function threadsOf(cores: readonly Core[]): ThreadGroup[] {
  const counts = new Map<string, number>()
  for (const { name = '' } of cores) {
    const group = name.replace(/[-#]?(?<!\d)\d+$/, '') || name
    counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1))
}

export function openOf(descriptors: readonly Descriptor[], files: ReadonlyMap<number, OpenFile>): OpenFiles {
  const paths = new Set<string>()
  let sockets = 0
  let others = 0
  for (const { file: id, type } of descriptors) {
    const file = files.get(id)
    const path = file?.path
    if (type.endsWith('socket') && !file?.isUnconnected) sockets++
    else if (type !== 'file' || path === undefined) others++
    else if (!EXPECTED.some((folder) => path.startsWith(folder))) paths.add(path)
  }
  return { files: [...paths].sort(), sockets, others }
}
