import type { OpenFile } from './images.js'
import type { PagesFile } from './pagemap.js'
import { KINDS, type Kind } from './content.js'
import { partsOf, type Part, type ProcessMemory } from './parts.js'
import { contains, type Range, type Run } from './ranges.js'

/** Location of a byte of the snapshot in the memory of a process. */
export interface MemoryLocation {
  kind: Kind
  /** undefined for memory that processes share; `address` is then relative to its begin. */
  pid: number | undefined
  address: number
  /** The whole mapping around it; undefined for pages outside of all mappings. */
  mapping: Range | undefined
  file: string | undefined
}

export interface MemoryMap {
  /** Locates the byte at an offset of a `pages-N.img`; undefined where the file is not known or shorter. */
  locate: (pagesFile: string, offset: number) => MemoryLocation | undefined
  /** Returns the bytes in the snapshot by kind; their sum is that of all page maps. */
  sizes: () => Record<Kind, number>
}

interface Space {
  pid: number | undefined
  runs: Run[]
  parts: Part[]
}

/** Creates the map of the memory. `shared`: pages of shared memory, such as the heap of ZGC, which counts as `other`. */
export function createMemoryMap(
  processes: readonly ProcessMemory[],
  files: ReadonlyMap<number, OpenFile>,
  shared: readonly PagesFile[] = []
): MemoryMap {
  const space = (pid: number | undefined, pages: PagesFile, parts: Part[]): [string, Space] => [
    pages.name,
    { pid, runs: runsOf(pages), parts }
  ]
  const spaces = new Map([
    ...processes.flatMap((process) => {
      const parts = partsOf(process, files)
      return process.pages.map((pages) => space(process.pid, pages, parts))
    }),
    ...shared.map((pages) => space(undefined, pages, []))
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

/** Returns the runs of a file of pages, with their offsets in it. */
export function runsOf({ runs }: PagesFile): Run[] {
  let offset = 0
  return runs.map(({ start, end }) => {
    const run = { start, end, offset }
    offset += end - start
    return run
  })
}

function partAt(parts: readonly Part[], address: number): Part | undefined {
  const part = lastWhere(parts, ({ start }) => start <= address)
  return part && contains(part, address) ? part : undefined
}

/** Returns the last element that holds, by binary search: all elements that hold come before those that do not. */
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
