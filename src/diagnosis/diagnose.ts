import type { FailureCategory } from '../lib/errors.js'
import { LONGEST_LINE } from '../lib/lines.js'
import { CASCADE, DEBUG_CAUSE, NOISE } from './noise.js'
import { Matcher } from './matcher.js'
import type { Signature, Operation, Stream, Weight } from './signature.js'

export interface Finding {
  /** undefined for an error of CRIU that is not in the catalogue. */
  signature: Signature | undefined
  /** Sentence with the id of the signature. */
  cause: string
  fix: string
  category: FailureCategory
  /** Line of the log that shows the cause. */
  line: string
}

/** An error or a warning of CRIU, with or without time, process and subsystem. */
const CRIU_LINE = /^(?:\((\d+\.\d+)\) ?)?(?:pie: ?)?(?: *\d+: )?(Error|Warn) {1,2}\([^):]{1,80}:\d+\): (.*)$/
const TIMED = /^\(\d+\.\d+\) /
const SUCCESS: Record<Operation, RegExp | undefined> = {
  // The whole line, because an application may quote it.
  dump: /^(?:\(\d+\.\d+\) ?)?(?: *\d+: )?Dumping finished successfully\s*$/,
  restore: /^(?:\(\d+\.\d+\) ?)?(?: *\d+: )?Restore finished successfully\. Tasks resumed\.\s*$/,
  push: undefined
}
const RANK: Record<Weight, number> = { specific: 5, cause: 4, general: 3, pointer: 1, noise: 0 }
/** Rank of an unknown error of CRIU: it says more than a pointer. */
const UNKNOWN_RANK = 2
const LONGEST_GROUP = 200

interface Candidate {
  rank: number
  /** Position among all candidates: of equal ranks, the first one counts. */
  order: number
  signature: Signature | undefined
  match: RegExpExecArray | undefined
  line: string
}

/**
 * Searches logs, line by line, for the one cause to report. A line that names a library ranks highest; then lines that name
 * a cause, unknown errors of CRIU, and lines that only point to another failure. Memory is bounded for any input: it keeps
 * two candidates, the best line of CRIU and the best of all other sources, because CRIU's success only refutes lines of CRIU.
 */
export class Diagnoser {
  private readonly matchers = new Map<Stream, Matcher>()
  private ofCriu: Candidate | undefined
  private ofOtherSources: Candidate | undefined
  private offered = 0

  constructor(private readonly operation: Operation) {}

  push(stream: Stream, text: string): void {
    const line = text.length > LONGEST_LINE ? text.slice(0, LONGEST_LINE) : text
    const shape = stream === 'criu' || stream === 'app' ? CRIU_LINE.exec(line) : null
    // CRIU logs everything that it does: only errors, warnings and lines without a time count, with one exception.
    const debug = stream === 'criu' && !shape && TIMED.test(line) && !DEBUG_CAUSE.test(line)
    if (debug && !SUCCESS[this.operation]?.test(line)) return
    if (SUCCESS[this.operation]?.test(line)) {
      this.ofCriu = undefined
      return
    }
    const noise = NOISE.test(line)
    for (const { signature, match } of this.matcher(stream).match(line)) {
      const rank = noise ? RANK.noise : CASCADE.test(line) ? RANK.pointer : RANK[signature.weight]
      const candidate = { rank, order: this.offered++, signature, match, line }
      if (signature.stream === 'criu') this.ofCriu = better(this.ofCriu, candidate)
      else this.ofOtherSources = better(this.ofOtherSources, candidate)
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

  /** Returns the cause to report; undefined if no line showed one. */
  finding(): Finding | undefined {
    const best = this.ofOtherSources ? better(this.ofCriu, this.ofOtherSources) : this.ofCriu
    return best && describe(best)
  }

  private matcher(stream: Stream): Matcher {
    const known = this.matchers.get(stream) ?? new Matcher(this.operation, stream)
    this.matchers.set(stream, known)
    return known
  }
}

/** Returns the one cause in the texts; undefined if they show none. */
export function diagnose(operation: Operation, texts: Partial<Record<Stream, string>>): Finding | undefined {
  const diagnoser = new Diagnoser(operation)
  for (const [stream, text] of Object.entries(texts) as [Stream, string][]) {
    for (const line of text.split('\n')) diagnoser.push(stream, line)
  }
  return diagnoser.finding()
}

/** Returns the finding if it names a cause; undefined if it only points to one. */
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
      fix: "Read CRIU's log in the folder of the output `logs`. Usual causes are a kernel or a CPU that this version of CRIU does not support, or an open resource of the application.",
      category: 'runner',
      line
    }
  }
  const fill = (text: string): string =>
    text
      .replace(/\$(\d{1,2})/g, (_, group: string) =>
        (match?.[Number(group)] ?? '').slice(0, LONGEST_GROUP).trim()
      )
      .replace(/ \(\)|(?<! ) +(?=[.:,;])/g, '')
      .replace(/ {2,}/g, ' ')
  return {
    signature,
    cause: `${fill(signature.cause).replace(/(?<![.:])[.:]*$/, '')} (${signature.id}).`,
    fix: fill(signature.fix),
    category: signature.category,
    line: line.trim()
  }
}
