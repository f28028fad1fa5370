/**
 * Reads what is needed of CRIU's image files: two u32 magics, then records of a u32 size and a protobuf
 * message. https://github.com/checkpoint-restore/criu/blob/criu-dev/criu/include/magic.h and images/*.proto
 */
import { ImageFormatError, Message } from './protobuf.js'

const COMMON_MAGIC = 0x54564319
const SERVICE_MAGIC = 0x55105940
const PSTREE_MAGIC = 0x50273030
const CORE_MAGIC = 0x55053847
const MM_MAGIC = 0x57492820
const PAGEMAP_MAGIC = 0x56084025
const FILES_MAGIC = 0x56303138
const FDINFO_MAGIC = 0x56213732
const STATS_MAGIC = 0x57093306

export const PAGE_SIZE = 4096
/** pagemap_entry.flags: the pages are in this image, not in a parent's. */
const PAGE_PRESENT = 4

/** Times of a dump, in microseconds, and pages of 4096 bytes. */
export interface DumpStatistics {
  freezingTime: number
  frozenTime: number
  memdumpTime: number
  memwriteTime: number
  pagesScanned: number
  pagesWritten: number
}

/** Addresses from `start`, and below `end`. */
export interface Range {
  start: number
  end: number
}

/** What a pagemap says of its pages file: `pages-<pagesId>.img` must have `size` bytes. */
export interface Pagemap {
  pagesId: number
  size: number
  /** What lies in the file, in its order. */
  runs: Range[]
}

export interface Process {
  pid: number
  /** Ids of its threads, the first of which is its own. */
  threads: number[]
}

/** What is known of a thread. */
export interface Core {
  /** As the kernel knows it: 15 bytes at most. undefined where an old CRIU did not note it. */
  name: string | undefined
  /** undefined on an architecture that is not x86-64 or aarch64. */
  stackPointer: number | undefined
  credentials: { uid: number; gid: number; groups: number[] } | undefined
}

/** An area of a process's memory. */
export interface Mapping extends Range {
  prot: number
  flags: number
  /** Bits of VMA_... in criu/include/image.h. */
  status: number
  /** Of a mapped file: its id in files.img. Of shared memory: the id of its own page map. */
  shmid: number
}

/** The memory of a process. */
export interface Memory {
  brk: Range
  arguments: Range
  environment: Range
  mappings: Mapping[]
}

/** Names of fd_types in fdinfo.proto, by number. */
const FILE_TYPES = [
  'unknown',
  'file',
  'pipe',
  'fifo',
  'inet socket',
  'unix socket',
  'eventfd',
  'eventpoll',
  'inotify',
  'signalfd',
  'packet socket',
  'terminal',
  'fanotify',
  'netlink socket',
  'namespace',
  'tun',
  'external',
  'timerfd',
  'memfd'
]

/** A file that a process had open or mapped. */
export interface OpenFile {
  type: string
  /** Whether it is a Unix socket without a name and without another end: nothing can be sent through it. */
  isLoose: boolean
  /** Of a regular file. */
  path: string | undefined
}

export interface Descriptor {
  fd: number
  /** Id of the file in files.img. */
  file: number
  type: string
}

export function readDumpStatistics(image: Buffer): DumpStatistics {
  const dump = records(image, SERVICE_MAGIC, STATS_MAGIC)[0]?.message(1)
  if (!dump) throw new ImageFormatError('stats-dump holds no statistics of a dump')
  return {
    freezingTime: dump.number(1) ?? 0,
    frozenTime: dump.number(2) ?? 0,
    memdumpTime: dump.number(3) ?? 0,
    memwriteTime: dump.number(4) ?? 0,
    pagesScanned: dump.number(5) ?? 0,
    pagesWritten: dump.number(7) ?? 0
  }
}

/** How long CRIU's restore took by its own account (stats-restore), in milliseconds. */
export function readRestoreTime(image: Buffer): number {
  const restore = records(image, SERVICE_MAGIC, STATS_MAGIC)[0]?.message(2)
  if (!restore) throw new ImageFormatError('stats-restore holds no statistics of a restore')
  return (restore.number(4) ?? 0) / 1000
}

export function readPagemap(image: Buffer): Pagemap {
  const [head, ...entries] = records(image, COMMON_MAGIC, PAGEMAP_MAGIC)
  const pagesId = head?.number(1)
  if (pagesId === undefined) throw new ImageFormatError('a pagemap without the id of its pages')
  const runs: Range[] = []
  for (const entry of entries) {
    const flags = entry.number(4)
    const present = flags === undefined ? entry.number(3) !== 1 : (flags & PAGE_PRESENT) !== 0
    if (!present) continue
    const start = entry.number(1) ?? 0
    // Field 5 replaced the 32-bit field 2 in 2025.
    runs.push({ start, end: start + (entry.number(5) ?? entry.number(2) ?? 0) * PAGE_SIZE })
  }
  return { pagesId, size: runs.reduce((size, run) => size + run.end - run.start, 0), runs }
}

/** The processes of pstree.img; the first is their common ancestor. */
export function readProcesses(image: Buffer): Process[] {
  return records(image, COMMON_MAGIC, PSTREE_MAGIC).map((entry) => ({
    pid: required(entry, 1),
    threads: entry.numbers(5)
  }))
}

export function readCore(image: Buffer): Core {
  const [core] = records(image, COMMON_MAGIC, CORE_MAGIC)
  const thread = core?.message(5)
  const credentials = thread?.message(10)
  return {
    name: thread?.text(13) ?? core?.message(3)?.text(6),
    // core-x86.proto, core-aarch64.proto
    stackPointer: core?.message(2)?.message(2)?.number(20) ?? core?.message(8)?.message(3)?.number(2),
    credentials: credentials && {
      uid: required(credentials, 1),
      gid: required(credentials, 2),
      groups: credentials.numbers(14)
    }
  }
}

export function readMemory(image: Buffer): Memory {
  const [mm] = records(image, COMMON_MAGIC, MM_MAGIC)
  if (!mm) throw new ImageFormatError('mm holds nothing')
  const range = (start: number, end: number): Range => ({
    start: required(mm, start),
    end: required(mm, end)
  })
  return {
    brk: range(6, 7),
    arguments: range(8, 9),
    environment: range(10, 11),
    mappings: mm.messages(14).map((vma) => ({
      start: required(vma, 1),
      end: required(vma, 2),
      shmid: required(vma, 4),
      prot: required(vma, 5),
      flags: required(vma, 6),
      status: required(vma, 7)
    }))
  }
}

/** The files of files.img by their ids. */
export function readFiles(image: Buffer): Map<number, OpenFile> {
  return new Map(
    records(image, COMMON_MAGIC, FILES_MAGIC).map((entry) => [
      required(entry, 2),
      {
        type: typeName(entry, 1),
        path: entry.message(3)?.text(6),
        isLoose: isLoose(entry.message(16))
      }
    ])
  )
}

export function readDescriptors(image: Buffer): Descriptor[] {
  return records(image, COMMON_MAGIC, FDINFO_MAGIC).map((entry) => ({
    fd: required(entry, 4),
    file: required(entry, 1),
    type: typeName(entry, 3)
  }))
}

// sk-unix.proto
function isLoose(socket: Message | undefined): boolean {
  return socket !== undefined && (socket.number(8) ?? 0) === 0 && (socket.text(11) ?? '') === ''
}

function typeName(entry: Message, field: number): string {
  return FILE_TYPES[required(entry, field)] ?? 'unknown'
}

function required(message: Message, field: number): number {
  const value = message.number(field)
  if (value === undefined) throw new ImageFormatError(`the message lacks field ${field}`)
  return value
}

function records(image: Buffer, ...magics: number[]): Message[] {
  const found: Message[] = []
  magics.forEach((magic, index) => {
    if (image.length < 4 * (index + 1) || image.readUInt32LE(4 * index) !== magic) {
      throw new ImageFormatError('not a CRIU image of the expected kind')
    }
  })
  let offset = 4 * magics.length
  while (offset < image.length) {
    if (offset + 4 > image.length) throw new ImageFormatError('the image ends inside a record')
    const end = offset + 4 + image.readUInt32LE(offset)
    if (end > image.length) throw new ImageFormatError('the image ends inside a record')
    found.push(new Message(image.subarray(offset + 4, end)))
    offset = end
  }
  return found
}
