import { expect, jest, test } from '@jest/globals'
import { parseRegExpLiteral } from '@eslint-community/regexpp'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { CASCADE, NOISE } from '../../src/diagnosis/noise.js'
import { FAMILIES } from '../../src/secrets/scanner/families.js'
import { ROOT } from '../support/inputs.js'
import { hostileLines, stepsOf } from '../support/regex-steps.js'

jest.setTimeout(60_000)

/** Length of a hostile line, in characters; the next one is twice as long. */
const LENGTH = 1000
/** Maximum number of steps for each character of a line. */
const MOST_STEPS = 250
/** Maximum growth of the steps when the line is twice as long: 2 is linear, 4 is quadratic. */
const MOST_GROWTH = 2.6

/** Files and folders whose patterns only see texts of this project, or of the user: options, names of files, builds. */
const TRUSTED = [
  'application/',
  'cli/',
  'image/build-failure.ts',
  'inputs/',
  'registry/credentials.ts',
  'registry/reference.ts',
  'report/text.ts'
]

/** Returns the patterns that a file of the program contains as literals. */
function patternsIn(file: string): RegExp[] {
  const patterns: RegExp[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      patterns.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)))
    }
    ts.forEachChild(node, visit)
  }
  const text = readFileSync(path.join(ROOT, 'src', file), 'utf8')
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest))
  return patterns
}

const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !TRUSTED.some((one) => file.startsWith(one)))
  .map((file): [string, RegExp[]] => [file, patternsIn(file)])
  .filter(([, patterns]) => patterns.length > 0)

/** Returns the alternatives of a pattern: if the search for each of them is linear, so is the search for all. */
function alternativesOf(pattern: RegExp): RegExp[] {
  const { alternatives } = parseRegExpLiteral(pattern).pattern
  return alternatives.map(({ raw }) => new RegExp(raw, pattern.flags))
}

/** Returns the hostile line on which a pattern is slow; undefined if there is none. */
function slowLine(pattern: RegExp): string | undefined {
  const twice = hostileLines(pattern, 2 * LENGTH)
  return hostileLines(pattern, LENGTH).find((line, index) => {
    const steps = stepsOf(pattern, line, MOST_STEPS * LENGTH)
    const most = Math.max(steps, LENGTH) * MOST_GROWTH
    return steps > MOST_STEPS * LENGTH || stepsOf(pattern, twice[index] ?? '', most) > most
  })
}

test.each([
  ...files,
  ['the lines that never count', [NOISE, CASCADE]] as [string, RegExp[]],
  ...FAMILIES.map(({ id, pattern }): [string, RegExp[]] => [`family ${id}`, [pattern]])
])('no pattern is quadratic on a hostile line: %s', (_, patterns) => {
  for (const pattern of patterns.flatMap(alternativesOf))
    expect([pattern.source, slowLine(pattern)]).toEqual([pattern.source, undefined])
})

test.each([/\d+x/, /Error: .*fatal/, /(\w+\s?)*ready$/, /a.*b.*c/, / +$/])(
  'a quadratic or exponential pattern is found: %s',
  (pattern) => {
    expect(slowLine(pattern)).toBeDefined()
  }
)
