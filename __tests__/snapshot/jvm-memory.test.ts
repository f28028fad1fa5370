import { describe, expect, test } from '@jest/globals'
import { parseJvmMemory } from '../../src/snapshot/jvm-memory.js'

// What JDK 17.0.15 and 25 answered with -Xmx256m, without the lines that hold no address.
const REST_17 = [
  "CodeHeap 'non-profiled nmethods': size=120036Kb used=1Kb max_used=1Kb free=120034Kb",
  ' bounds [0x00007fdc80ec7000, 0x00007fdc81137000, 0x00007fdc88400000]',
  ' bounds [0x00007fdc79400000, 0x00007fdc79670000, 0x00007fdc80938000]',
  '- node #0: base 0x00007fdc17000000: reserved=65536.00 KB, committed=192.00 KB ( <1%), used=16384.00 KB ( 25%)',
  '- node #0: base 0x00007fdc1c000000: reserved=1048576.00 KB, committed=128.00 KB ( <1%), used=16384.00 KB (  2%)'
]
const REST_25 = [
  'CodeCache: size=49152Kb, used=1271Kb, max_used=1271Kb, free=244491Kb',
  ' bounds [0x00007faf28400000, 0x00007faf28670000, 0x00007faf37400000]',
  '- node #0: base 0x00007faf08000000: reserved=65536.00 KB, committed=192.00 KB ( <1%), used=16384.00 KB ( 25%)',
  'Encoding Range: [0x0000000081000000 - 0x0000000181000000), (4294967296 bytes)',
  'Protection zone: [0x0000000081000000, 0x0000000081001000), (4096 bytes)'
]
const HEAP_17 = {
  G1: [' garbage-first heap   total 262144K, used 1439K [0x00000000f0000000, 0x0000000100000000)'],
  Serial: [
    ' def new generation   total 78656K, used 4197K [0x00000000f0000000, 0x00000000f1000000, 0x00000000f5550000)',
    '  eden space 69952K,   6% used [0x00000000f0000000, 0x00000000f04194c8, 0x00000000f4450000)',
    ' tenured generation   total 174784K, used 0K [0x00000000f5550000, 0x0000000100000000, 0x0000000100000000)'
  ],
  Parallel: [
    ' PSYoungGen      total 76288K, used 5243K [0x00000000fab00000, 0x0000000100000000, 0x0000000100000000)',
    '  eden space 65536K, 8% used [0x00000000fab00000,0x00000000fb01ec98,0x00000000feb00000)',
    ' ParOldGen       total 175104K, used 0K [0x00000000f0000000, 0x00000000fab00000, 0x00000000fab00000)'
  ],
  Shenandoah: [
    'Reserved region:',
    ' - [0x00000000f0000000, 0x0000000100000000) ',
    ' - map (vanilla): 0x0000000000013c00'
  ],
  Epsilon: [' space 262144K,   0% used [0x00000000f0000000, 0x00000000f0094638, 0x0000000100000000)']
}
const HEAP_25 = {
  G1: [
    'garbage-first heap   total reserved 262144K, committed 262144K, used 2190K [0x00000000f0000000, 0x0000000100000000)'
  ],
  Serial: [
    'DefNew     total 78656K, used 5596K [0x00000000f0000000, 0x00000000f5550000, 0x00000000f5550000)',
    ' eden space 69952K,   8% used [0x00000000f0000000, 0x00000000f05770f0, 0x00000000f4450000)',
    'Tenured    total 174784K, used 1166K [0x00000000f5550000, 0x0000000100000000, 0x0000000100000000)'
  ]
}

describe('parseJvmMemory', () => {
  test.each([
    ...Object.entries(HEAP_17).map(([name, heap]) => [`${name} of JDK 17`, heap, REST_17] as const),
    ...Object.entries(HEAP_25).map(([name, heap]) => [`${name} of JDK 25`, heap, REST_25] as const)
  ])('returns the whole reserved heap of %s', (_, heap, rest) => {
    const { heap: ranges = [] } = parseJvmMemory([...heap, ...rest].join('\n'))
    // What they cover together, without a gap.
    let end = 0xf0000000
    for (const range of [...ranges].sort((one, other) => one.start - other.start)) {
      expect(range.start).toBeLessThanOrEqual(end)
      expect(range.start).toBeGreaterThanOrEqual(0xf0000000)
      end = Math.max(end, range.end)
    }
    expect(end).toBe(0x100000000)
  })

  test('returns the code cache and metaspace, in segments or as a whole', () => {
    expect(parseJvmMemory(REST_17.join('\n'))).toEqual({
      // ZGC does not report the address of its heap.
      heap: undefined,
      code: [
        { start: 0x7fdc80ec7000, end: 0x7fdc88400000 },
        { start: 0x7fdc79400000, end: 0x7fdc80938000 }
      ],
      classes: [
        { start: 0x7fdc17000000, end: 0x7fdc17000000 + 64 * 1024 * 1024 },
        { start: 0x7fdc1c000000, end: 0x7fdc1c000000 + 1024 * 1024 * 1024 }
      ],
      tables: undefined,
      maxHeap: undefined,
      defaultHeap: false,
      numa: false
    })
    expect(parseJvmMemory(REST_25.join('\n'))).toMatchObject({
      heap: undefined,
      code: [{ start: 0x7faf28400000, end: 0x7faf37400000 }]
    })
  })

  const CARDS =
    'Card table byte_map: [0x00007f6f53028000,0x00007f6f53128000] _byte_map_base: 0x00007f6f52928000'
  const [UPPER, LOWER] = [
    { start: 0x7f6f52600000, end: 0x7f6f52e00000 },
    { start: 0x7f6f51e00000, end: 0x7f6f52600000 }
  ]
  test.each([
    ['Serial', [], []],
    ['G1 of JDK 25', [' Bits: [0x00007f6f52600000, 0x00007f6f52e00000)'], [UPPER]],
    [
      'G1 of JDK 17',
      [
        'Marking Bits (Prev, Next): (CMBitMap*) 0x00007f6f4c046990, (CMBitMap*) 0x00007f6f4c0469d0',
        ' Prev Bits: [0x00007f6f52600000, 0x00007f6f52e00000)',
        ' Next Bits: [0x00007f6f51e00000, 0x00007f6f52600000)'
      ],
      [UPPER, LOWER]
    ],
    [
      'Parallel of JDK 17',
      [
        ' Begin Bits: [0x00007f6f52600000, 0x00007f6f52e00000)',
        ' End Bits:   [0x00007f6f51e00000, 0x00007f6f52600000)'
      ],
      [UPPER, LOWER]
    ]
  ])('returns the tables of %s', (_, bits, ranges) => {
    const { tables, heap } = parseJvmMemory([HEAP_17.G1[0], ...REST_17, CARDS, ...bits].join('\n'))
    expect(tables).toEqual([{ start: 0x7f6f53028000, end: 0x7f6f53128000 }, ...ranges])
    expect(heap).toEqual([{ start: 0xf0000000, end: 0x100000000 }])
  })

  test('returns nothing where the JVM gave no answer', () => {
    expect(parseJvmMemory('137:\nUnknown diagnostic command\n')).toEqual({
      heap: undefined,
      code: undefined,
      classes: undefined,
      tables: undefined,
      maxHeap: undefined,
      defaultHeap: false,
      numa: false
    })
  })

  // Lines of JDK 17 with -XX:+UseNUMA on a machine with two nodes.
  test('reads the largest size of the heap, and whether the JVM places it by nodes', () => {
    const flags = [
      '   size_t MaxHeapSize                              = 268435456                                 {product} {command line}',
      '     bool UseNUMA                                  = true                                      {product} {command line}'
    ]
    const given = parseJvmMemory(flags.join('\n'))
    expect(given).toMatchObject({ maxHeap: 268_435_456, defaultHeap: false, numa: true })
    const byDefault = flags.join('\n').replace('command line', 'ergonomic')
    expect(parseJvmMemory(byDefault)).toMatchObject({ maxHeap: 268_435_456, defaultHeap: true })
    expect(parseJvmMemory(flags.join('\n').replace('= true', '= false'))).toMatchObject({ numa: false })
  })
})
