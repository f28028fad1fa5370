import type { Log } from '../lib/log.js'
import { KIND_NAMES, KINDS, type SnapshotContent } from '../snapshot/content.js'
import type { SnapshotReading } from '../snapshot/read.js'
import type { DumpStatistics } from '../snapshot/statistics.js'
import { sizeText } from '../lib/values.js'
import { folded, table, time } from './markdown.js'

/** Maximum length of a list in the summary, and in `metadata`: a snapshot can have thousands of threads and files. */
const SHOWN = 30
const LISTED = 100

/** Returns the part of the job summary about the content of the snapshot; nothing where the content is not known. */
export function renderContent(
  content: SnapshotContent | undefined,
  statistics: DumpStatistics | undefined
): string[] {
  if (!content) return []
  return folded('Content of the snapshot', table(describeContent(content, statistics)))
}

export function describeContent(
  { memory, maxHeap, defaultHeap, restore, threads, user, open, environment }: SnapshotContent,
  statistics: DumpStatistics | undefined
): [string, string][] {
  const rows: [string, string][] = []
  for (const kind of memory ? KINDS : []) {
    const bytes = memory?.[kind]
    rows.push([`Memory: ${KIND_NAMES[kind]}`, bytes === undefined ? 'not known' : sizeText(bytes)])
  }
  if (maxHeap !== undefined)
    rows.push([
      'Largest Java heap',
      `${sizeText(maxHeap)}; with a lower memory limit a container starts normally` +
        (defaultHeap ? '. It follows from the memory of this runner: set -Xmx in java-options' : '')
    ])
  rows.push([
    'Mapped from the image at a restore',
    restore.loadedBecause === undefined ? sizeText(restore.mapped) : `nothing: ${restore.loadedBecause}`
  ])
  rows.push(['Loaded at a restore', sizeText(restore.loaded)])
  const groups = threads.map(({ name, count }) => `${name}${count > 1 ? ` (${count})` : ''}`)
  rows.push([`Threads (${threadCount(threads)})`, list(groups)])
  if (user) rows.push(['User', `${user.uid}:${user.gid}`])
  rows.push(['Open files outside of the JDK and the application', list(open.files)])
  rows.push(['Sockets', String(open.sockets)])
  if (environment) rows.push(['Names in the environment', list(environment)])
  if (statistics) {
    const { frozenTime, pagesWritten, pagesScanned } = statistics
    rows.push(['Frozen for', time(frozenTime / 1000)])
    rows.push(['Pages written', `${pagesWritten} of ${pagesScanned}, of 4 KiB`])
  }
  return rows
}

/** Logs the content of a snapshot; the names of threads and variables are the application's. */
export function logContent(
  log: Log,
  reading: SnapshotReading | undefined,
  statistics: DumpStatistics | undefined
): void {
  const lines = reading
    ? describeContent(reading.content, statistics)
    : [['The images of CRIU', 'cannot be read']]
  for (const [name, value] of lines) log.untrusted(`${name}: ${value}`)
}

/** Returns the part of the output `metadata` about the content of the snapshot (docs/metadata.schema.json). */
export function contentMetadata(content: SnapshotContent | undefined): object | null {
  if (!content) return null
  const { memory, maxHeap, restore, processes, threads, user, open, environment } = content
  return {
    memory: memory ? { ...memory, javaHeap: memory.javaHeap ?? null } : null,
    maxHeap: maxHeap ?? null,
    restore: { ...restore, loadedBecause: restore.loadedBecause ?? null },
    processes,
    threads: { count: threadCount(threads), groups: threads.slice(0, LISTED) },
    user: user ?? null,
    open: { ...open, files: open.files.slice(0, LISTED) },
    environment: environment ?? null
  }
}

function threadCount(threads: SnapshotContent['threads']): number {
  return threads.reduce((sum, { count }) => sum + count, 0)
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return names.slice(0, SHOWN).join(', ') + more
}
