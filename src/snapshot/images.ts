// Readers of CRIU's images of a process tree: https://github.com/checkpoint-restore/criu/tree/criu-dev/images
import { COMMON_MAGIC, ImageFormatError, records, required, type Message } from './image-format.js'
import type { Range } from './ranges.js'

const PSTREE_MAGIC = 0x50273030
const CORE_MAGIC = 0x55053847
export const MM_MAGIC = 0x57492820
export const FILES_MAGIC = 0x56303138
const FDINFO_MAGIC = 0x56213732

export interface Process {
  pid: number
  /** Ids of its threads; the first is the id of the process. */
  threads: number[]
}

export interface Core {
  /** Name in the kernel, of 15 bytes at most; undefined where an old CRIU did not record it. */
  name: string | undefined
  /** undefined on an architecture that is not x86-64 or aarch64. */
  stackPointer: number | undefined
  credentials: { uid: number; gid: number; groups: number[] } | undefined
}

export interface Mapping extends Range {
  prot: number
  flags: number
  /** Bits of VMA_... in criu/include/image.h. */
  status: number
  /** Id in files.img for a mapped file; id of the page map for shared memory. */
  shmid: number
  /** Bits of the advice that the process gave to the kernel with madvise(2). */
  advice: number
}

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

export interface OpenFile {
  type: string
  /** Whether it is a Unix socket without a name and without a peer, through which nothing can be sent. */
  isUnconnected: boolean
  /** Path of a regular file; undefined for other types. */
  path: string | undefined
}

export interface Descriptor {
  fd: number
  file: number
  type: string
}

/** Reads the processes in pstree.img; the first is their common ancestor. */
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
  if (!mm) throw new ImageFormatError('the mm image has no entry')
  const range = (start: number, end: number): Range => ({
    start: required(mm, start),
    end: required(mm, end)
  })
  return {
    brk: range(6, 7),
    arguments: range(8, 9),
    environment: range(10, 11),
    mappings: mm
      .messages(14)
      .map((vma) => ({
        start: required(vma, 1),
        end: required(vma, 2),
        shmid: required(vma, 4),
        prot: required(vma, 5),
        flags: required(vma, 6),
        status: required(vma, 7),
        advice: vma.number(9) ?? 0
      }))
  }
}

export function readFiles(image: Buffer): Map<number, OpenFile> {
  return new Map(
    records(image, COMMON_MAGIC, FILES_MAGIC).map((entry) => [
      required(entry, 2),
      {
        type: typeName(entry, 1),
        path: entry.message(3)?.text(6),
        isUnconnected: isUnconnected(entry.message(16))
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
function isUnconnected(socket: Message | undefined): boolean {
  return socket !== undefined && (socket.number(8) ?? 0) === 0 && (socket.text(11) ?? '') === ''
}

function typeName(entry: Message, field: number): string {
  return FILE_TYPES[required(entry, field)] ?? 'unknown'
}
