import type { Mapping, Memory, OpenFile } from './images.js'
import type { JvmMemory } from './jvm-memory.js'
import type { Kind } from './content.js'
import type { PagesFile } from './pagemap.js'
import { contains, type Range } from './ranges.js'

export interface ProcessMemory {
  pid: number
  memory: Memory
  /** Its files of pages: one as CRIU dumps it, two where the heap is mapped. */
  pages: readonly PagesFile[]
  stackPointers: number[]
  /** undefined for a process that is not the JVM. */
  jvm: JvmMemory | undefined
}

// criu/include/image.h
export const VMA_FILE_PRIVATE = 1 << 6
const VMA_FILE_SHARED = 1 << 7
export const VMA_ANON_PRIVATE = 1 << 9
// mmap(2) on Linux
export const MAP_ANONYMOUS = 0x20
const PROT_NONE = 0
export const PROT_READ = 1
export const PROT_READ_WRITE = 3

/** Size and alignment of the heaps of glibc's arenas on 64 bits: HEAP_MAX_SIZE in malloc/arena.c. */
const ARENA = 64 * 1024 * 1024

export interface Part extends Range {
  kind: Kind
  mapping: Mapping
  file: string | undefined
}

/** Splits the mappings where memory of another kind begins or ends in them; sorted by address. */
export function partsOf(process: ProcessMemory, files: ReadonlyMap<number, OpenFile>): Part[] {
  const { memory, jvm, stackPointers } = process
  const mappings = [...memory.mappings].sort((one, other) => one.start - other.start)
  const stacks = mappings.filter((mapping) => stackPointers.some((pointer) => contains(mapping, pointer)))
  // The first claim that contains an address decides.
  const claims: [Kind, readonly Range[]][] = [
    ['environment', [memory.arguments, memory.environment]],
    ['javaHeap', jvm?.heap ?? []],
    ['code', jvm?.code ?? []],
    ['classes', jvm?.classes ?? []],
    ['tables', jvm?.tables ?? []],
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
  // An archive of class data sharing.
  return file?.endsWith('.jsa') ? 'classes' : 'files'
}

function isFile({ status }: Mapping): boolean {
  return (status & (VMA_FILE_PRIVATE | VMA_FILE_SHARED)) !== 0
}

/**
 * Finds the heaps of malloc's arenas by their shape: aligned, in use at their beginning, and reserved up to their
 * end. Metaspace has the same shape, so the result is empty where the JVM does not report its metaspace.
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
