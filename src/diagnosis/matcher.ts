import { CATALOGUE } from './catalogue/index.js'
import type { Signature, Operation, Stream } from './signature.js'

export interface Hit {
  signature: Signature
  match: RegExpExecArray
}

/** Sources of the lines in each stream: the output of a container has lines of all. */
const SOURCES: Record<Stream, readonly Stream[]> = {
  criu: ['criu', 'jvm'],
  jvm: ['jvm'],
  app: ['criu', 'jvm', 'app', 'docker'],
  docker: ['docker'],
  registry: ['registry', 'docker']
}

/** Number of lines that a pattern over several lines may span. */
const WINDOW = 12
const SEVERAL_LINES = '[\\s\\S]'

/** Returns the pattern of the first line of a pattern over several lines. */
export function headOf(pattern: RegExp): RegExp {
  return new RegExp(pattern.source.split(SEVERAL_LINES)[0] ?? '', 'm')
}

/** Finds the signatures of one stream in its lines. A pattern over several lines matches with its last line. */
export class Matcher {
  private readonly single: readonly Signature[]
  private readonly several: readonly { signature: Signature; head: RegExp }[]
  /** Matches every line that a signature may match: most lines need only this one pass. */
  private readonly any: RegExp
  private open: { signature: Signature; text: string; left: number }[] = []

  constructor(operation: Operation, stream: Stream) {
    const rows = CATALOGUE.filter(
      (row) => row.operations.includes(operation) && SOURCES[stream].includes(row.stream)
    )
    this.single = rows.filter((row) => !row.pattern.source.includes(SEVERAL_LINES))
    this.several = rows
      .filter((row) => row.pattern.source.includes(SEVERAL_LINES))
      .map((signature) => ({ signature, head: headOf(signature.pattern) }))
    const sources = [
      ...this.single.map(({ pattern }) => pattern.source),
      ...this.several.map(({ head }) => head.source)
    ]
    this.any = new RegExp(sources.map((source) => `(?:${source})`).join('|'), 'm')
  }

  match(line: string): Hit[] {
    const hits = this.open.length > 0 ? this.continueOpen(line) : []
    if (!this.any.test(line)) return hits
    for (const { signature, head } of this.several) {
      if (head.test(line)) this.open.push({ signature, text: line, left: WINDOW })
    }
    for (const signature of this.single) {
      const match = signature.pattern.exec(line)
      if (match) hits.push({ signature, match })
    }
    return hits
  }

  private continueOpen(line: string): Hit[] {
    const hits: Hit[] = []
    this.open = this.open.filter((entry) => {
      entry.text += `\n${line}`
      entry.left--
      const match = entry.signature.pattern.exec(entry.text)
      if (match) hits.push({ signature: entry.signature, match })
      return !match && entry.left > 0
    })
    return hits
  }
}
