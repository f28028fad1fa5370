import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { planHeapMapping, type HeapImages, type MappedHeap } from '../../src/snapshot/heap-mapping.js'
import { COMMON_MAGIC, encodeImage, Message, records, required } from '../../src/snapshot/image-format.js'
import { FILES_MAGIC, MM_MAGIC, readFiles, readMemory } from '../../src/snapshot/images.js'
import { PAGE_SIZE, PAGEMAP_MAGIC, pagesFileOf, readPagemap } from '../../src/snapshot/pagemap.js'
import type { ProcessMemory } from '../../src/snapshot/parts.js'
import type { Range } from '../../src/snapshot/ranges.js'

// criu/include/image.h, mmap(2)
const [ANONYMOUS, OF_FILE] = [0x201, 0x41]
const [PRIVATE_ANONYMOUS, PRIVATE, LOCKED] = [0x22, 0x02, 0x2000]
const PRESENT = 4
const [LIBRARY, ARCHIVE] = [7, 8]
/** Offset of the first mapped byte in the archive of classes. */
const ARCHIVE_OFFSET = 5 * 4096
const BASE = 0x10000

interface Area {
  /** Pages that are not mapped before it. */
  gap: number
  /** Lengths, in pages, of its parts: the pages of every second part are in the dump. */
  parts: number[]
  kind: 'plain' | 'file' | 'archive' | 'locked' | 'advised' | 'executable'
}

interface Dump {
  images: HeapImages
  heap: Range[]
}

function message(fields: Parameters<Message['with']>[0]): Buffer {
  return new Message(Buffer.alloc(0)).with(fields)
}

function vma({ start, end }: Range, kind: Area['kind'], more: Record<number, number> = {}): Buffer {
  const file = { file: LIBRARY, archive: ARCHIVE }[kind as string]
  const [status, flags] = file === undefined ? [ANONYMOUS, PRIVATE_ANONYMOUS] : [OF_FILE, PRIVATE]
  return message({
    1: start,
    2: end,
    3: kind === 'archive' ? ARCHIVE_OFFSET : 0,
    4: file ?? 0,
    5: kind === 'executable' ? 7 : 3,
    6: kind === 'locked' ? flags | LOCKED : flags,
    7: status,
    8: 1,
    ...(kind === 'advised' ? { 9: 1 << 14 } : {}),
    ...more
  })
}

function files(...paths: string[]): Buffer {
  const entries = paths.map((path, index) =>
    message({
      1: 1,
      2: LIBRARY + index,
      3: message({ 1: LIBRARY + index, 2: 0o100000, 3: 0, 5: Buffer.alloc(0), 6: Buffer.from(path), 8: 9 })
    })
  )
  return encodeImage([COMMON_MAGIC, FILES_MAGIC], entries)
}

function dump(areas: readonly Area[], heapOf: (range: Range) => Range[]): Dump {
  const mappings: Buffer[] = []
  const runs: Range[] = []
  const heap: Range[] = []
  let at = BASE
  for (const { gap, parts, kind } of areas) {
    at += gap * PAGE_SIZE
    const start = at
    for (const [index, length] of parts.entries()) {
      const end = at + length * PAGE_SIZE
      const last = runs.at(-1)
      // CRIU joins the pages of neighbouring mappings in one entry.
      if (index % 2 === 0 && last?.end === at) last.end = end
      else if (index % 2 === 0) runs.push({ start: at, end })
      at = end
    }
    mappings.push(vma({ start, end: at }, kind))
    heap.push(...heapOf({ start, end: at }))
  }
  return { images: imagesOf(mappings, runs), heap }
}

function imagesOf(mappings: Buffer[], runs: readonly Range[], flags = PRESENT): HeapImages {
  const fields = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((field) => [field, 0]))
  const entries = runs.map(({ start, end }) =>
    message({ 1: start, 2: (end - start) / PAGE_SIZE, 4: flags, 5: (end - start) / PAGE_SIZE })
  )
  return {
    mm: encodeImage([COMMON_MAGIC, MM_MAGIC], [message({ ...fields, 14: mappings, 15: 1 })]),
    pagemap: encodeImage([COMMON_MAGIC, PAGEMAP_MAGIC], [message({ 1: 1 }), ...entries]),
    files: files('/opt/jdk/lib/server/libjvm.so', '/opt/jdk/lib/server/classes.jsa')
  }
}

/** `heap`: of three ranges one has heap, one classes, and one the tables of the collector. */
function processOf({ images, heap }: Dump): ProcessMemory {
  return {
    pid: 137,
    memory: readMemory(images.mm),
    pages: [pagesFileOf(readPagemap(images.pagemap))],
    stackPointers: [],
    jvm: {
      heap: heap.filter((_, index) => index % 3 === 0),
      code: undefined,
      classes: heap.filter((_, index) => index % 3 === 1),
      tables: heap.filter((_, index) => index % 3 === 2),
      maxHeap: undefined,
      defaultHeap: false,
      numa: false
    }
  }
}

function plan(made: Dump) {
  return planHeapMapping(processOf(made), made.images, 2)
}

/** Returns undefined for a shape without a heap that is worth a mapping. */
function planIfUseful(made: Dump): MappedHeap | undefined {
  try {
    return plan(made)
  } catch (error) {
    if (/neither .* 16 pages in a row/.test(String(error))) return undefined
    throw error
  }
}

/** A page of the memory that images describe: its protection, and its number in the file that CRIU dumped. */
type Page = { prot: number; content: number | 'zero' | `file ${number} ${number}` }

/** Returns every page of memory, with the bytes of `fileOf` for the mappings of the file with this id. */
function memoryOf(mm: Buffer, loaded: Map<number, number>, mapped: { id: number; pages: number[] }) {
  const memory = new Map<number, Page>()
  const [entry] = records(mm, COMMON_MAGIC, MM_MAGIC)
  for (const area of entry?.messages(14) ?? []) {
    const [start, offset, prot] = [required(area, 1), required(area, 3), required(area, 5)]
    const file = required(area, 7) === OF_FILE ? required(area, 4) : undefined
    for (let at = start; at < required(area, 2); at += PAGE_SIZE) {
      const index = (offset + at - start) / PAGE_SIZE
      const below =
        file === mapped.id
          ? (mapped.pages[index] ?? NaN)
          : file === undefined
            ? 'zero'
            : `file ${file} ${index}`
      memory.set(at, { prot, content: loaded.get(at) ?? (below as Page['content']) })
    }
  }
  return memory
}

/** Returns the number in the dumped file of each page that a page map loads, by its address. */
function loadedPages(pagemap: Buffer, pages: readonly number[]): Map<number, number> {
  const found = new Map<number, number>()
  let index = 0
  for (const { start, end } of readPagemap(pagemap).runs)
    for (let at = start; at < end; at += PAGE_SIZE) found.set(at, pages[index++] ?? NaN)
  return found
}

function pagesFrom(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ start, end }) =>
    Array.from({ length: (end - start) / PAGE_SIZE }, (_, index) => start / PAGE_SIZE + index)
  )
}

const areas = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 2 }),
    parts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
    kind: fc.constantFrom<Area['kind']>(
      'plain',
      'plain',
      'plain',
      'file',
      'archive',
      'locked',
      'advised',
      'executable'
    )
  }),
  { minLength: 1, maxLength: 8 }
)

describe('planHeapMapping', () => {
  test('describes the same memory, byte for byte, for any mappings and pages', () => {
    fc.assert(
      fc.property(areas, fc.integer({ min: 0, max: 20 }), (shape, cut) => {
        // The heap begins inside of some mappings, and leaves others out.
        const made = dump(shape, ({ start, end }) =>
          (start / PAGE_SIZE) % 3 === 0
            ? []
            : [{ start: Math.min(start + cut * PAGE_SIZE, end - PAGE_SIZE), end }]
        )
        const result = planIfUseful(made)
        fc.pre(result !== undefined)
        const { images, mapped, loaded } = result
        const all = pagesFrom([{ start: 0, end: readPagemap(made.images.pagemap).size }])
        const before = memoryOf(made.images.mm, loadedPages(made.images.pagemap, all), { id: -1, pages: [] })
        const added = [...readFiles(images.get('files.img') ?? Buffer.alloc(0))].at(-1)
        expect(added).toMatchObject([ARCHIVE + 1, { path: '/opt/crac-checkpoint/snapshot/pages-1.img' }])
        const after = memoryOf(
          images.get('mm-137.img') ?? Buffer.alloc(0),
          loadedPages(images.get('pagemap-137.img') ?? Buffer.alloc(0), pagesFrom(loaded.from)),
          { id: ARCHIVE + 1, pages: pagesFrom(mapped.from) }
        )
        expect(after).toEqual(before)
        // Each page of the dump is in one of the two files, once.
        const both = [...pagesFrom(mapped.from), ...pagesFrom(loaded.from)]
        expect(both.sort((one, other) => one - other)).toEqual(all)
      }),
      { numRuns: 300 }
    )
  })

  const heap = { start: BASE, end: BASE + 64 * PAGE_SIZE }
  const plain: Area = { gap: 0, parts: [64], kind: 'plain' }

  test('maps a heap of plain memory, and keeps what a page map and a mapping say besides', () => {
    const { images, mapped, loaded } = plan(dump([plain, { ...plain, gap: 1 }], () => [heap]))
    expect(mapped).toMatchObject({ name: 'pages-1.img', size: 64 * PAGE_SIZE, from: [{ start: 0 }] })
    expect(loaded).toMatchObject({ name: 'pages-2.img', size: 64 * PAGE_SIZE })
    const pagemap = records(images.get('pagemap-137.img') ?? Buffer.alloc(0), COMMON_MAGIC, PAGEMAP_MAGIC)
    expect(pagemap.map((entry) => entry.number(4))).toEqual([undefined, PRESENT])
    expect(pagemap[0]?.number(1)).toBe(2)
    const [mm] = records(images.get('mm-137.img') ?? Buffer.alloc(0), COMMON_MAGIC, MM_MAGIC)
    expect(mm?.number(15)).toBe(1)
    const [first] = mm?.messages(14) ?? []
    expect([4, 5, 6, 7, 8, 10].map((field) => first?.number(field))).toEqual([9, 3, PRIVATE, OF_FILE, 1, 0])
  })

  test("maps the archive of the JVM's classes where the process has changed it, and leaves the rest of its file", () => {
    const { images, mapped } = plan(dump([{ gap: 0, parts: [20, 10, 5], kind: 'archive' }], () => []))
    expect(mapped.size).toBe(20 * PAGE_SIZE)
    const [mm] = records(images.get('mm-137.img') ?? Buffer.alloc(0), COMMON_MAGIC, MM_MAGIC)
    const mappings = mm?.messages(14) ?? []
    expect(mappings.map((area) => [3, 4].map((field) => area.number(field)))).toEqual([
      [0, 9],
      [ARCHIVE_OFFSET + 20 * PAGE_SIZE, ARCHIVE]
    ])
  })

  test('maps at most 2000 runs, the longest', () => {
    // 2100 runs of 16 pages, and one of 17.
    const parts = Array.from({ length: 4202 }, (_, index) => (index % 2 ? 1 : index === 4000 ? 17 : 16))
    const { mapped } = plan(dump([{ ...plain, parts }], (range) => [range]))
    expect(mapped.runs).toHaveLength(2000)
    expect(mapped.runs.filter(({ start, end }) => end - start === 17 * PAGE_SIZE)).toHaveLength(1)
  })

  test('refuses the heap of a JVM with -XX:+UseNUMA', () => {
    const made = processOf({ images: one, heap: [heap] })
    const numa = { ...made, jvm: made.jvm && { ...made.jvm, numa: true } }
    expect(() => planHeapMapping(numa, one, 2)).toThrow('-XX:+UseNUMA')
  })

  const one = imagesOf([vma(heap, 'plain')], [heap])
  test.each<[string, HeapImages, Range[] | undefined, string]>([
    ['does not report its heap', one, undefined, 'does not report the addresses of its heap'],
    [
      'has no heap of this size',
      one,
      [{ start: 0, end: BASE }],
      'neither its heap nor its classes have 16 pages in a row'
    ],
    [
      'has a mapping with an unknown field',
      imagesOf([vma(heap, 'plain', { 11: 1 })], [heap]),
      [heap],
      'not known'
    ],
    [
      'has pages with an unknown flag',
      imagesOf([vma(heap, 'plain')], [heap], PRESENT | 8),
      [heap],
      'unknown flags'
    ],
    ['has no file of the JDK', { ...one, files: files('/usr/lib/libc.so.6') }, [heap], 'no file of the JDK'],
    [
      'has mappings that overlap',
      imagesOf([vma(heap, 'plain'), vma({ ...heap, start: heap.end - PAGE_SIZE }, 'plain')], [heap]),
      [heap],
      'mappings are not in order'
    ],
    ['has pages twice', imagesOf([vma(heap, 'plain')], [heap, heap]), [heap], 'pages are not in order'],
    [
      'has a mapping that does not end with a page',
      imagesOf([vma({ ...heap, end: heap.end - 1 }, 'plain')], [heap]),
      [heap],
      'order'
    ],
    [
      'has memory with locks',
      imagesOf([vma(heap, 'locked')], [heap]),
      [heap],
      'neither its heap nor its classes have 16 pages in a row'
    ],
    [
      'has memory with advice',
      imagesOf([vma(heap, 'advised')], [heap]),
      [heap],
      'neither its heap nor its classes have 16 pages in a row'
    ],
    ['has an mm image that is cut', { ...one, mm: one.mm.subarray(0, -3) }, [heap], 'ends inside']
  ])('refuses a snapshot that %s', (_, images, ranges, reason) => {
    const process = { ...processOf({ images: { ...images, mm: one.mm }, heap: ranges ?? [] }) }
    const memory = images.mm.length < one.mm.length ? process.memory : readMemory(images.mm)
    const jvm = {
      heap: ranges,
      code: undefined,
      classes: undefined,
      tables: undefined,
      maxHeap: undefined,
      defaultHeap: false,
      numa: false
    }
    expect(() => planHeapMapping({ ...process, memory, jvm }, images, 2)).toThrow(reason)
  })
})
