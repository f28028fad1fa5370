// Rewrites the images of a snapshot so that the Java heap, the tables of its collector and the classes are a private mapping of their own
// file of pages: CRIU then maps them at a restore instead of reading them. docs/decisions/memory.md has the reasons and the limits.
import { SNAPSHOT_DIR } from '../lib/image-paths.js'
import { ImageFormatError } from './image-format.js'
import { readFiles, type Mapping, type OpenFile } from './images.js'
import { runsOf } from './memory-map.js'
import { PAGE_SIZE, pagesFileName, type PagesFile } from './pagemap.js'
import {
  MAP_ANONYMOUS,
  partsOf,
  PROT_READ,
  PROT_READ_WRITE,
  VMA_ANON_PRIVATE,
  VMA_FILE_PRIVATE,
  type ProcessMemory
} from './parts.js'
import { gapsIn, overlapping, sizeOf, type Range, type Run } from './ranges.js'
import { addFile, rewriteMappings, rewritePagemap } from './rewrite-images.js'

/** Minimum length of a mapped run: shorter ones cost more as mappings than their pages cost as reads. */
const MIN_RUN = 16 * PAGE_SIZE

/** Maximum number of mapped runs: a process may have 65530 mappings (vm.max_map_count), and needs most of them itself. */
const MAX_RUNS = 2000

// criu/include/image.h, and mmap(2) on Linux
const VMA_REGULAR = 1 << 0
const MAP_PRIVATE = 0x02
const MAP_NORESERVE = 0x4000

/** Images that CRIU wrote of one process. */
export interface HeapImages {
  mm: Buffer
  pagemap: Buffer
  files: Buffer
}

/** A snapshot in which the Java heap and the classes are mapped: every page of the dump is in one of two files. */
export interface MappedHeap {
  /** Images to replace, by the name of their file. */
  images: ReadonlyMap<string, Buffer>
  /** Pages that a restore maps; the file keeps the name that it had in the dump. */
  mapped: SplitPages
  /** Pages that a restore loads. */
  loaded: SplitPages
}

/** A file of pages, and where its pages were in the file that CRIU wrote. */
export interface SplitPages extends PagesFile {
  /** Size of the file, in bytes. */
  size: number
  /** Byte ranges of the old file, in the order of the new file. */
  from: Range[]
}

/** Plans the mapping of the heap and the classes. `unusedId`: an id that no file of pages has. Throws ImageFormatError with the reason where the heap cannot be mapped. */
export function planHeapMapping(process: ProcessMemory, images: HeapImages, unusedId: number): MappedHeap {
  const [dumped, ...more] = process.pages
  if (!dumped || more.length > 0) throw new ImageFormatError('it does not have one file of pages')
  if (!process.jvm?.heap) throw new ImageFormatError('the JVM does not report the addresses of its heap')
  // The Parallel collector of JDK 24 and newer then returns parts of the heap with MADV_DONTNEED.
  if (process.jvm.numa) throw new ImageFormatError('the JVM has the option -XX:+UseNUMA')
  requireOrder(process.memory.mappings, 'mappings')
  requireOrder(dumped.runs, 'pages')

  const dumpedRuns = runsOf(dumped)
  const runs = longest(mappableRuns(process, readFiles(images.files), joined(dumpedRuns)))
  if (runs.length === 0)
    throw new ImageFormatError(`neither its heap nor its classes have ${MIN_RUN / PAGE_SIZE} pages in a row`)
  const mapped = splitPages(dumped.name, runs)
  const loaded = splitPages(pagesFileName(unusedId), without(dumpedRuns, runs))
  const file = addFile(images.files, { path: `${SNAPSHOT_DIR}/${dumped.name}`, size: mapped.size })
  return {
    images: new Map([
      ['files.img', file.image],
      [`mm-${process.pid}.img`, rewriteMappings(images.mm, runsOf(mapped), file.id)],
      [`pagemap-${process.pid}.img`, rewritePagemap(images.pagemap, runs, unusedId)]
    ]),
    mapped,
    loaded
  }
}

/** Throws an ImageFormatError unless the ranges are whole pages, in ascending order, and do not overlap. */
function requireOrder(ranges: readonly Range[], what: string): void {
  let last = 0
  for (const { start, end } of ranges) {
    const whole = start % PAGE_SIZE === 0 && end % PAGE_SIZE === 0
    if (!whole || start < last || end <= start) throw new ImageFormatError(`its ${what} are not in order`)
    last = end
  }
}

/**
 * Returns the runs of pages that a private mapping of a file can replace: in memory that the JVM returns to the system by
 * a new mapping, which are the heap, the tables of its collector and the metaspace, or never, which is the archive of the JVM's own classes.
 */
function mappableRuns(
  process: ProcessMemory,
  files: ReadonlyMap<number, OpenFile>,
  runs: readonly Run[]
): Run[] {
  const parts = partsOf(process, files).filter(
    ({ kind, mapping }) =>
      ((kind === 'javaHeap' || kind === 'tables') && isPlainMemory(mapping)) ||
      (kind === 'classes' && (isPlainMemory(mapping) || isPrivateFile(mapping)))
  )
  return parts.flatMap((part) => overlapping(runs, part))
}

function isPlainMemory(mapping: Mapping): boolean {
  return isPrivate(mapping, VMA_ANON_PRIVATE, MAP_ANONYMOUS) && mapping.prot === PROT_READ_WRITE
}

/** Whether a mapping is of a file, without code; its pages in the dump are those that differ from the file. */
function isPrivateFile(mapping: Mapping): boolean {
  return (
    isPrivate(mapping, VMA_FILE_PRIVATE, 0) &&
    (mapping.prot === PROT_READ_WRITE || mapping.prot === PROT_READ)
  )
}

/** Whether a mapping is a private one of a kind, without advice to the kernel, such as that for huge pages, and without locks. */
function isPrivate({ status, flags, advice }: Mapping, kind: number, flagOfKind: number): boolean {
  return (
    status === (VMA_REGULAR | kind) && (flags & ~MAP_NORESERVE) === (MAP_PRIVATE | flagOfKind) && advice === 0
  )
}

/** Joins runs that follow each other both in memory and in the file. */
function joined(runs: readonly Run[]): Run[] {
  const result: Run[] = []
  for (const run of runs) {
    const last = result.at(-1)
    if (last?.end === run.start && last.offset + last.end - last.start === run.offset) last.end = run.end
    else result.push({ ...run })
  }
  return result
}

function longest(runs: readonly Run[]): Run[] {
  return runs
    .filter(({ start, end }) => end - start >= MIN_RUN)
    .sort((one, other) => other.end - other.start - (one.end - one.start))
    .slice(0, MAX_RUNS)
    .sort((one, other) => one.start - other.start)
}

/** Returns what is left of `runs` without the addresses of `others`, which are sorted. */
function without(runs: readonly Run[], others: readonly Run[]): Run[] {
  return runs.flatMap(({ offset, ...run }) =>
    gapsIn(run, overlapping(others, run)).map((gap) => ({ ...gap, offset: offset + gap.start - run.start }))
  )
}

function splitPages(name: string, runs: readonly Run[]): SplitPages {
  const from: Range[] = []
  for (const { start, end, offset } of runs) {
    const last = from.at(-1)
    if (last?.end === offset) last.end += end - start
    else from.push({ start: offset, end: offset + end - start })
  }
  return { name, runs, size: sizeOf(runs), from }
}
