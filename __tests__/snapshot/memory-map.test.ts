import { describe, expect, test } from '@jest/globals'
import type { Mapping } from '../../src/snapshot/images.js'
import type { PagesFile } from '../../src/snapshot/pagemap.js'
import type { Range } from '../../src/snapshot/ranges.js'
import type { JvmMemory } from '../../src/snapshot/jvm-memory.js'
import { createMemoryMap, type MemoryMap } from '../../src/snapshot/memory-map.js'

const MB = 1024 * 1024
const NONE = { start: 0, end: 0 }
// criu/include/image.h
const FILE = 1 << 6
const ANONYMOUS = 1 << 9

function mapping(start: number, end: number, changes: Partial<Mapping> = {}): Mapping {
  return { start, end, prot: 3, flags: 2, status: ANONYMOUS, shmid: 0, advice: 0, ...changes }
}
function pages(id: number, ...runs: Range[]): PagesFile {
  return { name: `pages-${id}.img`, runs }
}

/** A process whose every mapping is dumped; its files are 1: lib.so, 2: classes.jsa. */
function mapOf(
  mappings: Mapping[],
  {
    jvm,
    stackPointers = [],
    environment = NONE
  }: { jvm?: JvmMemory; stackPointers?: number[]; environment?: Range }
): MemoryMap {
  const file = (path: string) => ({ type: 'file', path, isUnconnected: false })
  return createMemoryMap(
    [
      {
        pid: 137,
        memory: { brk: NONE, arguments: NONE, environment, mappings },
        pages: [pages(1, ...mappings)],
        stackPointers,
        jvm
      }
    ],
    new Map([
      [1, file('/lib/lib.so')],
      [2, file('/opt/crac-java/lib/server/classes.jsa')]
    ]),
    [pages(2, { start: 0, end: 8192 })]
  )
}

const JVM: JvmMemory = {
  heap: [{ start: 16 * MB, end: 18 * MB }],
  code: [{ start: 32 * MB, end: 33 * MB }],
  classes: [{ start: 64 * MB, end: 128 * MB }],
  tables: [{ start: 256 * MB, end: 257 * MB }],
  maxHeap: undefined,
  defaultHeap: false,
  numa: false
}

describe('createMemoryMap', () => {
  test('splits a mapping at the end of the heap', () => {
    const { sizes, locate } = mapOf([mapping(16 * MB, 19 * MB)], { jvm: JVM })
    expect(sizes()).toMatchObject({ javaHeap: 2 * MB, other: MB + 8192 })
    expect(locate('pages-1.img', 2 * MB - 1)?.kind).toBe('javaHeap')
    expect(locate('pages-1.img', 2 * MB)?.kind).toBe('other')
  })

  test('counts mapped files as files, except the class data archive and files mapped into the heap', () => {
    const archive = { status: FILE, shmid: 2 }
    const { sizes, locate } = mapOf(
      [
        mapping(0x1000, 0x3000, { status: FILE, shmid: 1 }),
        mapping(0x4000, 0x8000, archive),
        mapping(17 * MB, 18 * MB, archive)
      ],
      { jvm: JVM }
    )
    expect(sizes()).toMatchObject({ files: 0x2000, classes: 0x4000, javaHeap: MB, other: 8192 })
    expect(locate('pages-1.img', 0x2001)).toEqual({
      kind: 'classes',
      pid: 137,
      address: 0x4001,
      mapping: { start: 0x4000, end: 0x8000 },
      file: '/opt/crac-java/lib/server/classes.jsa'
    })
  })

  test('finds stacks by the stack pointers, and the environment in one of them to the byte', () => {
    const { sizes } = mapOf([mapping(0x10000, 0x20000), mapping(0x30000, 0x40000)], {
      stackPointers: [0x1ff00],
      environment: { start: 0x1ff10, end: 0x1ff13 }
    })
    expect(sizes()).toMatchObject({ stacks: 0x10000 - 3, environment: 3, other: 0x10000 + 8192 })
  })

  test('finds arenas by their shape, but only where metaspace, of the same shape, is known', () => {
    const shape = (start: number): Mapping[] => [
      mapping(start, start + MB),
      mapping(start + MB, start + 64 * MB, { prot: 0 })
    ]
    const mappings = [...shape(64 * MB), ...shape(192 * MB)]
    // All of it is in the pages here, also what is only reserved.
    expect(mapOf(mappings, { jvm: JVM }).sizes()).toMatchObject({ classes: 64 * MB, nativeHeap: MB })
    expect(mapOf(mappings, {}).sizes()).toMatchObject({ classes: 0, nativeHeap: 0 })
  })

  test('counts shared memory and pages outside of all mappings as other', () => {
    expect(mapOf([], {}).locate('pages-2.img', 5000)).toEqual({
      kind: 'other',
      pid: undefined,
      address: 5000,
      mapping: undefined,
      file: undefined
    })
    expect(mapOf([], {}).sizes()).toMatchObject({ other: 8192 })
  })
})
