import type { Range } from './images.js'

/** Where a JVM keeps what, by its own words; a part of which it said nothing is undefined. */
export interface JvmMemory {
  /** The reserved Java heap. ZGC does not tell its addresses. */
  heap: Range[] | undefined
  /** The code cache: what the JIT compiled, and the interpreter. */
  code: Range[] | undefined
  /** Metaspace and the compressed class space. The archive of classes is a mapped file. */
  classes: Range[] | undefined
}

/**
 * Reads the answers of jcmd's `GC.heap_info`, `Compiler.codecache` and `VM.metaspace vslist`, one after the other, as
 * JDK 17 to 25 give them. Of a range with a mark in it (`[bottom, top, end)`) all is reserved.
 */
export function parseJvmMemory(answers: string): JvmMemory {
  const heap: Range[] = []
  const code: Range[] = []
  const classes: Range[] = []
  // The heap comes first; the end of the last answer has ranges that are of something else.
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
    else if (isHeap) heap.push({ start, end })
  }
  const known = (ranges: Range[]): Range[] | undefined => (ranges.length > 0 ? ranges : undefined)
  return { heap: known(heap), code: known(code), classes: known(classes) }
}
