// Reader of CRIU's page maps: https://github.com/checkpoint-restore/criu/blob/criu-dev/images/pagemap.proto
import { COMMON_MAGIC, ImageFormatError, records, type Message } from './image-format.js'
import { sizeOf, type Range } from './ranges.js'

export const PAGEMAP_MAGIC = 0x56084025

export const PAGE_SIZE = 4096
/** Bit of pagemap_entry.flags: the pages are in this image, not in that of a parent. */
const PAGE_PRESENT = 4

/** Content of a pagemap image: `pages-<pagesId>.img` must have `size` bytes. */
export interface Pagemap {
  pagesId: number
  size: number
  /** Address ranges of the pages in the file, in its order. */
  runs: Range[]
}

/** A file of pages; its pages have these addresses, in the order of the file. */
export interface PagesFile {
  name: string
  runs: readonly Range[]
}

export function pagesFileOf({ pagesId, runs }: Pagemap): PagesFile {
  return { name: pagesFileName(pagesId), runs }
}

export function pagesFileName(pagesId: number): string {
  return `pages-${pagesId}.img`
}

export function readPagemap(image: Buffer): Pagemap {
  const [head, ...entries] = records(image, COMMON_MAGIC, PAGEMAP_MAGIC)
  const pagesId = head?.number(1)
  if (pagesId === undefined) throw new ImageFormatError('the pagemap has no id of its pages')
  const runs: Range[] = []
  for (const entry of entries) {
    const run = presentRun(entry)
    if (run) runs.push(run)
  }
  return { pagesId, size: sizeOf(runs), runs }
}

/** Returns the addresses of the pages of an entry of a page map; undefined where its pages are not in the file of pages. */
export function presentRun(entry: Message): Range | undefined {
  const flags = entry.number(4)
  const present = flags === undefined ? entry.number(3) !== 1 : (flags & PAGE_PRESENT) !== 0
  if (!present) return undefined
  const start = entry.number(1) ?? 0
  // Field 5 replaced the 32-bit field 2 in 2025.
  return { start, end: start + (entry.number(5) ?? entry.number(2) ?? 0) * PAGE_SIZE }
}
