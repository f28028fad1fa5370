import type { Range } from './ranges.js'

/** Address ranges in a JVM, as it reports them; a part that it does not report is undefined. */
export interface JvmMemory {
  /** The reserved Java heap. ZGC does not report its addresses. */
  heap: Range[] | undefined
  /** The code cache, with the output of the JIT compiler and the interpreter. */
  code: Range[] | undefined
  /** Metaspace and the compressed class space. The class data archive is a mapped file, and not part of this. */
  classes: Range[] | undefined
  /** The card table and the bitmaps of the garbage collector, which grow with the heap. ZGC and Shenandoah do not report theirs. */
  tables: Range[] | undefined
  /** Size in bytes to which the heap may grow. */
  maxHeap: number | undefined
  /** Whether no option sets that size: the JVM then takes a part of the memory of the machine, by default a quarter. */
  defaultHeap: boolean
  /** Whether the JVM places the heap by the nodes of a machine (-XX:+UseNUMA). */
  numa: boolean
}

/** The card table, and one or two bitmaps of G1 (`Prev`, `Next`) or of Parallel (`Begin`, `End`), in the output of `VM.info`. */
const TABLE = /^(?:Card table byte_map|\s*(?:Prev |Next |Begin |End )?Bits): +\[/

/**
 * Parses the output of jcmd's `VM.flags -all`, `GC.heap_info`, `Compiler.codecache`, `VM.metaspace vslist` and `VM.info`, one after the
 * other, as JDK 17 to 25 print it. A range with a mark in it (`[bottom, top, end)`) counts as a whole.
 */
export function parseJvmMemory(answers: string): JvmMemory {
  const heap: Range[] = []
  const code: Range[] = []
  const classes: Range[] = []
  const tables: Range[] = []
  // The heap comes first; after the code cache come ranges of other things.
  let isHeap = true
  for (const line of answers.split('\n')) {
    if (/^Code(?:Heap|Cache)\b/.test(line)) isHeap = false
    const node = /\bnode #\d+: base 0x([0-9a-f]+): reserved=(\d+(?:\.\d+)?) KB/.exec(line)
    if (node) {
      const start = parseInt(node[1] ?? '', 16)
      classes.push({ start, end: start + Number(node[2]) * 1024 })
      continue
    }
    const range = /[[(](0x[0-9a-f]+(?:, ?0x[0-9a-f]+)+)[\])]/.exec(line)
    const addresses = (range?.[1] ?? '').split(',').map((address) => parseInt(address, 16))
    const [start, end] = [addresses[0], addresses.at(-1)]
    if (start === undefined || end === undefined || !(start < end)) continue
    if (/^\s*bounds\b/.test(line)) code.push({ start, end })
    else if (TABLE.test(line)) tables.push({ start, end })
    else if (isHeap) heap.push({ start, end })
  }
  const known = (ranges: Range[]): Range[] | undefined => (ranges.length > 0 ? ranges : undefined)
  return {
    heap: known(heap),
    code: known(code),
    classes: known(classes),
    tables: known(tables),
    maxHeap: Number(/ MaxHeapSize += (\d+)/.exec(answers)?.[1]) || undefined,
    defaultHeap: / MaxHeapSize .{0,200}\{(?:default|ergonomic)\}/.test(answers),
    numa: / UseNUMA += true/.test(answers)
  }
}
