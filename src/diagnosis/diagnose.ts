import type { FailureCategory } from '../lib/errors.js'
import { LONGEST_LINE } from '../lib/lines.js'
import { CASCADE, NOISE } from './noise.js'
import { Matcher } from './matcher.js'
import type { Signature, Operation, Stream, Weight } from './signature.js'

/** The cause that is reported. */
export interface Finding {
  /** undefined: an error of CRIU that is not in the catalogue. */
  signature: Signature | undefined
  /** One sentence, with the id in it. */
  cause: string
  fix: string
  category: FailureCategory
  /** The line that shows it. */
  line: string
}

/** How CRIU's lines look, with or without time, process and subsystem. */
const CRIU_LINE = /^(?:\((\d+\.\d+)\) ?)?(?:pie: ?)?(?: *\d+: )?(Error|Warn) {1,2}\([^):]{1,80}:\d+\): (.*)$/
const TIMED = /^\(\d+\.\d+\) /
const SUCCESS: Record<Operation, RegExp | undefined> = {
  // The whole line: an application may quote it.
  dump: /^(?:\(\d+\.\d+\) ?)?(?: *\d+: )?Dumping finished successfully\s*$/,
  restore: /^(?:\(\d+\.\d+\) ?)?(?: *\d+: )?Restore finished successfully\. Tasks resumed\.\s*$/,
  push: undefined
}
const RANK: Record<Weight, number> = { specific: 5, cause: 4, general: 3, pointer: 1, noise: 0 }
/** An error that nobody knows tells more than that there was one. */
const UNKNOWN_RANK = 2
const LONGEST_GROUP = 200

interface Candidate {
  rank: number
  /** Which was offered first. */
  order: number
  signature: Signature | undefined
  match: RegExpExecArray | undefined
  line: string
}

/**
 * Looks at logs, line by line, for the one cause to report: what names a library before what names a cause, before an
 * error of CRIU that is not known, before what only points elsewhere; among equals the first. Memory is bounded
 * whatever comes: only two lines are kept, the best of CRIU and the best of all others, as CRIU's success refutes only
 * what CRIU said.
 */
export class Diagnoser {
  private readonly matchers = new Map<Stream, Matcher>()
  private ofCriu: Candidate | undefined
  private ofOthers: Candidate | undefined
  private offered = 0

  constructor(private readonly stage: Operation) {}

  push(stream: Stream, text: string): void {
    const line = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text
    const shape = stream === 'criu' || stream === 'app' ? CRIU_LINE.exec(line) : null
    // Of CRIU's own log, which tells everything that it does, only errors and warnings count, and lines without a time.
    if (stream === 'criu' && !shape && TIMED.test(line) && !SUCCESS[this.stage]?.test(line)) return
    if (SUCCESS[this.stage]?.test(line)) {
      this.ofCriu = undefined
      return
    }
    const noise = NOISE.test(line)
    for (const { signature, match } of this.matcher(stream).match(line)) {
      const rank = noise ? RANK.noise : CASCADE.test(line) ? RANK.pointer : RANK[signature.weight]
      const candidate = { rank, order: this.offered++, signature, match, line }
      if (signature.stream === 'criu') this.ofCriu = better(this.ofCriu, candidate)
      else this.ofOthers = better(this.ofOthers, candidate)
    }
    if (shape?.[2] === 'Error' && !noise && !CASCADE.test(line)) {
      this.ofCriu = better(this.ofCriu, {
        rank: UNKNOWN_RANK,
        order: this.offered++,
        signature: undefined,
        match: shape,
        line
      })
    }
  }

  /** What there is to report; undefined when nothing was found. */
  finding(): Finding | undefined {
    const best = this.ofOthers ? better(this.ofCriu, this.ofOthers) : this.ofCriu
    return best && describe(best)
  }

  private matcher(stream: Stream): Matcher {
    const known = this.matchers.get(stream) ?? new Matcher(this.stage, stream)
    this.matchers.set(stream, known)
    return known
  }
}

/** The one cause in some texts. */
export function diagnose(stage: Operation, texts: Partial<Record<Stream, string>>): Finding | undefined {
  const diagnoser = new Diagnoser(stage)
  for (const [stream, text] of Object.entries(texts) as [Stream, string][]) {
    for (const line of text.split('\n')) diagnoser.push(stream, line)
  }
  return diagnoser.finding()
}

/** The finding, if it names a cause and does not only point at one. */
export function knownCause(finding: Finding | undefined): Finding | undefined {
  const weight = finding?.signature?.weight
  return weight !== undefined && RANK[weight] > UNKNOWN_RANK ? finding : undefined
}

function better(one: Candidate | undefined, other: Candidate): Candidate {
  if (one === undefined || other.rank > one.rank) return other
  return other.rank === one.rank && other.order < one.order ? other : one
}

function describe({ signature, match, line }: Candidate): Finding {
  if (signature === undefined) {
    return {
      signature,
      cause: `CRIU: ${match?.[3]?.trim()}.`,
      fix: "CRIU's log in the folder of the output `logs` has what came before: a kernel or a CPU that this CRIU does not know, or something that the application has open.",
      category: 'runner',
      line
    }
  }
  const fill = (text: string): string =>
    text
      .replace(/\$(\d)/g, (_, group: string) => (match?.[Number(group)] ?? '').slice(0, LONGEST_GROUP).trim())
      .replace(/ \(\)| +(?=[.:,;])/g, '')
      .replace(/ {2,}/g, ' ')
  return {
    signature,
    cause: `${fill(signature.cause).replace(/[.:]*$/, '')} (${signature.id}).`,
    fix: fill(signature.fix),
    category: signature.category,
    line: line.trim()
  }
}
