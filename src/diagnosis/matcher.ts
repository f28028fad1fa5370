import { CATALOGUE } from './catalogue/index.js'
import type { Signature, Operation, Stream } from './signature.js'

export interface Hit {
  signature: Signature
  match: RegExpExecArray
}

/** Whose lines stand in which stream: in the output of a container everybody speaks. */
const SPEAKERS: Record<Stream, readonly Stream[]> = {
  criu: ['criu', 'jvm'],
  jvm: ['jvm'],
  app: ['criu', 'jvm', 'app', 'docker'],
  docker: ['docker'],
  registry: ['registry', 'docker']
}

/** A pattern over several lines is looked for in so many. */
const WINDOW = 12
const SEVERAL_LINES = '[\\s\\S]'

/** Finds the signatures of one stream in its lines; those over several lines when the last of them has come. */
export class Matcher {
  private readonly single: readonly Signature[]
  private readonly several: readonly { signature: Signature; head: RegExp }[]
  /** Any of them, as one expression: most lines are nothing, and that is told in one pass. */
  private readonly any: RegExp
  private open: { signature: Signature; text: string; left: number }[] = []

  constructor(stage: Operation, stream: Stream) {
    const rows = CATALOGUE.filter(
      (row) => row.operations.includes(stage) && SPEAKERS[stream].includes(row.stream)
    )
    this.single = rows.filter((row) => !row.pattern.source.includes(SEVERAL_LINES))
    this.several = rows
      .filter((row) => row.pattern.source.includes(SEVERAL_LINES))
      .map((signature) => ({
        signature,
        head: new RegExp(signature.pattern.source.split(SEVERAL_LINES)[0] ?? '', 'm')
      }))
    const sources = [
      ...this.single.map(({ pattern }) => pattern.source),
      ...this.several.map(({ head }) => head.source)
    ]
    this.any = new RegExp(sources.map((source) => `(?:${source})`).join('|'), 'm')
  }

  match(line: string): Hit[] {
    const hits = this.open.length > 0 ? this.goOn(line) : []
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

  private goOn(line: string): Hit[] {
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
