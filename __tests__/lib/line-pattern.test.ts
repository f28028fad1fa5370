import { describe, expect, test } from '@jest/globals'
import { LinePattern } from '../../src/lib/line-pattern.js'
import { LONGEST_LINE } from '../../src/lib/lines.js'

describe('a pattern of the user', () => {
  // Each takes a backtracking engine years on its line.
  test.each([
    ['^(\\w+\\s?)*ready$', `ready ${'a'.repeat(LONGEST_LINE)}!`],
    ['^(a|a)*$', `${'a'.repeat(LONGEST_LINE)}!`],
    ['^(a|aa)+$', `${'a'.repeat(LONGEST_LINE)}!`],
    ['(x+x+)+y$', `y${'x'.repeat(LONGEST_LINE)}`],
    ['(.*a){12}$', `${'a'.repeat(LONGEST_LINE)}!`]
  ])('takes no exponential time on a hostile line: %s', (source, line) => {
    expect(new LinePattern(source).test(line)).toBe(false)
  })

  test.each([
    ['Started .+ in \\d+\\.\\d+ seconds', 'INFO Started App in 1.25 seconds', true],
    ['^ready$', 'not ready', false],
    ['\\u0041\\u{1F600}\\x42', 'A😀B', true],
    ['(?<port>\\d{4,5})\\/tcp', '8080/tcp', true],
    ['[^]\\p{Lu}', ' Ä', true],
    ['\\(?=', '(=', true]
  ])('has the usual syntax: %s', (source, line, matches) => {
    expect(new LinePattern(source).test(line)).toBe(matches)
  })

  test.each([
    ['(', 'Unterminated group'],
    ['(?=a)b', 'no lookahead'],
    ['(?<!a)b', 'no lookbehind'],
    ['(a)\\1', 'no references'],
    ['a{1001}', 'at most 1000 repetitions'],
    ['(?:a{30}){30}', 'repeats too much']
  ])('is refused where its time has no bound, and where it is not valid: %s', (source, reason) => {
    expect(() => new LinePattern(source)).toThrow(reason)
  })
})
