import type { Mapping, Memory, OpenFile, Pagemap, Range } from './images.js'
import type { JvmMemory } from './jvm-memory.js'

/** What a byte of memory is for; `other` is what nothing tells, such as the tables of the garbage collector. */
export const KINDS = [
  'javaHeap',
  'code',
  'classes',
  'stacks',
  'nativeHeap',
  'files',
  'environment',
  'other'
] as const
export type Kind = (typeof KINDS)[number]

/** For people. */
export const KIND_NAMES: Record<Kind, string> = {
  javaHeap: 'Java heap',
  code: 'compiled code',
  classes: 'classes',
  stacks: 'stacks of threads',
  nativeHeap: 'native heap',
  files: 'mapped files',
  environment: 'environment and arguments',
  other: 'other memory'
}

/** Where in a process a byte of the snapshot was. */
export interface Place {
  kind: Kind
  /** undefined for memory that processes share; `address` is then where in it. */
  pid: number | undefined
  address: number
  /** The whole mapping around it; undefined where the page map names memory that no mapping has. */
  mapping: Range | undefined
  /** Path of the file that is mapped there. */
  file: string | undefined
}

/** One process of a snapshot. */
export interface ProcessMemory {
  pid: number
  memory: Memory
  pagemap: Pagemap
  /** Of each thread. */
  stackPointers: number[]
  /** undefined for a process that is not the JVM. */
  jvm: JvmMemory | undefined
}

export interface MemoryMap {
  /** What the byte at the offset of a `pages-N.img` was; undefined where the file has no such byte, or is not known. */
  locate: (pagesFile: string, offset: number) => Place | undefined
  /** Bytes in the snapshot. Together they are all bytes of the page maps. */
  sizes: () => Record<Kind, number>
}

// criu/include/image.h
const VMA_FILE_PRIVATE = 1 << 6
const VMA_FILE_SHARED = 1 << 7
const VMA_ANON_PRIVATE = 1 << 9
const PROT_NONE = 0
const PROT_READ_WRITE = 3

/** Size and alignment of the heaps of glibc's arenas on 64 bits: HEAP_MAX_SIZE in malloc/arena.c. */
const ARENA = 64 * 1024 * 1024

interface Part extends Range {
  kind: Kind
  mapping: Mapping
  file: string | undefined
}

/** What one file of pages holds. */
interface Space {
  pid: number | undefined
  runs: Run[]
  parts: Part[]
}

/** A run of pages: where its first byte is in its file, and in memory. */
interface Run extends Range {
  offset: number
}

/** `shared` are the page maps of memory that is not one process's own, such as the heap of ZGC: it is `other`. */
export function createMemoryMap(
  processes: readonly ProcessMemory[],
  files: ReadonlyMap<number, OpenFile>,
  shared: readonly Pagemap[] = []
): MemoryMap {
  const space = (pid: number | undefined, pagemap: Pagemap, parts: Part[]): [string, Space] => [
    `pages-${pagemap.pagesId}.img`,
    { pid, runs: runsOf(pagemap), parts }
  ]
  const spaces = new Map([
    ...processes.map((process) => space(process.pid, process.pagemap, partsOf(process, files))),
    ...shared.map((pagemap) => space(undefined, pagemap, []))
  ])
  return {
    locate(pagesFile, offset) {
      const space = spaces.get(pagesFile)
      const run = space && lastWhere(space.runs, (candidate) => candidate.offset <= offset)
      const address = run && run.start + offset - run.offset
      if (!space || !run || address === undefined || offset < 0 || address >= run.end) return undefined
      const part = partAt(space.parts, address)
      return {
        kind: part?.kind ?? 'other',
        pid: space.pid,
        address,
        mapping: part && { start: part.mapping.start, end: part.mapping.end },
        file: part?.file
      }
    },
    sizes() {
      const sizes = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>
      for (const { runs, parts } of spaces.values()) {
        for (const run of runs) {
          for (let address = run.start; address < run.end;) {
            const part = partAt(parts, address)
            const next = part ? part.end : parts.find(({ start }) => start > address)?.start
            const end = Math.min(run.end, next ?? run.end)
            sizes[part?.kind ?? 'other'] += end - address
            address = end
          }
        }
      }
      return sizes
    }
  }
}

function runsOf({ runs }: Pagemap): Run[] {
  let offset = 0
  return runs.map(({ start, end }) => {
    const run = { start, end, offset }
    offset += end - start
    return run
  })
}

/** The mappings, cut where a part of another kind begins or ends in them; by address. */
function partsOf(process: ProcessMemory, files: ReadonlyMap<number, OpenFile>): Part[] {
  const { memory, jvm, stackPointers } = process
  const mappings = [...memory.mappings].sort((one, other) => one.start - other.start)
  const stacks = mappings.filter((mapping) => stackPointers.some((pointer) => contains(mapping, pointer)))
  // The first that has an address decides.
  const claims: [Kind, readonly Range[]][] = [
    ['environment', [memory.arguments, memory.environment]],
    ['javaHeap', jvm?.heap ?? []],
    ['code', jvm?.code ?? []],
    ['classes', jvm?.classes ?? []],
    ['stacks', stacks],
    ['nativeHeap', [memory.brk, ...arenas(mappings, jvm)]]
  ]
  const edges = claims.flatMap(([, ranges]) => ranges.flatMap(({ start, end }) => [start, end]))
  return mappings.flatMap((mapping) => {
    const file = isFile(mapping) ? files.get(mapping.shmid)?.path : undefined
    const inside = edges.filter((edge) => mapping.start < edge && edge < mapping.end)
    const cuts = [...new Set([mapping.start, ...inside, mapping.end])].sort((one, other) => one - other)
    return cuts.slice(0, -1).map((start, index) => {
      const claim = claims.find(([, ranges]) => ranges.some((range) => contains(range, start)))
      const kind = claim?.[0] ?? kindOfMapping(mapping, file)
      return { start, end: cuts[index + 1] ?? mapping.end, kind, mapping, file }
    })
  })
}

function kindOfMapping(mapping: Mapping, file: string | undefined): Kind {
  if (!isFile(mapping)) return 'other'
  // The archives of class data sharing.
  return file?.endsWith('.jsa') ? 'classes' : 'files'
}

function isFile({ status }: Mapping): boolean {
  return (status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED)) !== 0
}

/**
 * The heaps of malloc's arenas, known by their shape: aligned, in use at their beginning, and reserved up to their
 * end. Metaspace has the same shape, so that nothing is called an arena where the JVM does not tell what is metaspace.
 */
function arenas(mappings: readonly Mapping[], jvm: JvmMemory | undefined): Range[] {
  if (!jvm?.classes) return []
  return mappings.filter((mapping, index) => {
    const next = mappings[index + 1]
    return (
      mapping.start % ARENA === 0 &&
      mapping.end < mapping.start + ARENA &&
      (mapping.status & VMA_ANON_PRIVATE) !== 0 &&
      mapping.prot === PROT_READ_WRITE &&
      next?.start === mapping.end &&
      next.prot === PROT_NONE &&
      next.end >= mapping.start + ARENA
    )
  })
}

function contains({ start, end }: Range, address: number): boolean {
  return start <= address && address < end
}

function partAt(parts: readonly Part[], address: number): Part | undefined {
  const part = lastWhere(parts, ({ start }) => start <= address)
  return part && contains(part, address) ? part : undefined
}

/** The last of those that hold, where they are all before those that do not. */
function lastWhere<T>(list: readonly T[], holds: (element: T) => boolean): T | undefined {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const element = list[middle]
    if (element !== undefined && holds(element)) low = middle + 1
    else high = middle
  }
  return list[low - 1]
}
