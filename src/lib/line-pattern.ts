import { RE2JS } from 're2js'

/** Maximum number of states of a pattern: at most some tens of milliseconds for a line of LONGEST_LINE. */
const MOST_STATES = 500

/**
 * A regular expression of the user for lines of untrusted output. RE2 takes linear time for a line, where backtracking can take
 * exponential time. It has no lookahead and no references to groups.
 */
export class LinePattern {
  private readonly compiled: RE2JS

  /** Throws an Error with a reason for a pattern that is not valid, or that has no bound of its time. */
  constructor(readonly source: string) {
    // Errors of the usual syntax are reported in its words.
    new RegExp(source, 'u')
    try {
      this.compiled = RE2JS.compile(RE2JS.translateRegExp(source))
    } catch {
      throw new Error('no lookahead, no lookbehind, no references to groups, at most 1000 repetitions')
    }
    if (this.compiled.programSize() > MOST_STATES) throw new Error('it is too long, or repeats too much')
  }

  test(line: string): boolean {
    return this.compiled.test(line)
  }
}
