// Ranges of addresses or of bytes in a file.

/** Addresses from `start` up to, but without, `end`. */
export interface Range {
  start: number
  end: number
}

/** A run of pages in memory, with the offset of its first byte in the pages file. */
export interface Run extends Range {
  offset: number
}

export function contains({ start, end }: Range, address: number): boolean {
  return start <= address && address < end
}

/** Returns the sum of the sizes of address ranges, in bytes. */
export function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((size, { start, end }) => size + end - start, 0)
}

/** Returns the parts of runs that are in a range. */
export function overlapping(runs: readonly Run[], range: Range): Run[] {
  return runs
    .filter(({ start, end }) => start < range.end && end > range.start)
    .map((run) => {
      const start = Math.max(run.start, range.start)
      return { start, end: Math.min(run.end, range.end), offset: run.offset + start - run.start }
    })
}

/** Returns the parts of a range between runs, which are sorted and inside of it. */
export function gapsIn({ start: begin, end }: Range, runs: readonly Range[]): Range[] {
  const gaps: Range[] = []
  let start = begin
  for (const run of runs) {
    if (run.start > start) gaps.push({ start, end: run.start })
    start = run.end
  }
  if (start < end) gaps.push({ start, end })
  return gaps
}
