/** Start of a section of a scanned stream. */
export interface Section {
  /** Offset in the stream in bytes. */
  at: number
  name: string
  layer: string | undefined
  of: 'name' | 'attributes' | 'content'
}

export interface Sections {
  /** Adds a section that begins after all others. */
  add(section: Section): void
  /** Returns the section with an offset that the scan can still reach. */
  find(offset: number): Section
}

/** Number of sections between two removals of old ones. */
const BATCH = 16_384
/** Bytes that a scan reads ahead of its findings: more than two of its windows, without their overlap. */
const AHEAD = 16 * 1024 * 1024

/** Returns a list of sections that keeps only those that a scan can still reach: a hostile image has millions. */
export function createSections(longestMatch: number): Sections {
  let sections: Section[] = []
  let next = BATCH
  const indexOf = (offset: number): number => {
    let low = 0
    for (let high = sections.length; high - low > 1;) {
      const middle = (low + high) >>> 1
      if ((sections[middle]?.at ?? Infinity) <= offset) low = middle
      else high = middle
    }
    return low
  }
  return {
    add(section) {
      if (sections.length >= next) {
        sections = sections.slice(indexOf(section.at - AHEAD - 2 * longestMatch))
        next = sections.length + BATCH
      }
      sections.push(section)
    },
    find: (offset) => sections[indexOf(offset)] ?? { at: 0, name: '', layer: undefined, of: 'content' }
  }
}
