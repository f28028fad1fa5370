import { expect, jest, test } from '@jest/globals'
import { parseRegExpLiteral } from '@eslint-community/regexpp'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { clients } from '../../src/diagnosis/catalogue/clients.js'
import { CATALOGUE } from '../../src/diagnosis/catalogue/index.js'
import { headOf } from '../../src/diagnosis/matcher.js'
import { CASCADE, NOISE } from '../../src/diagnosis/noise.js'
import { MARKERS } from '../../src/lib/image-paths.js'
import { recordOf } from '../../src/secrets/archives/tar.js'
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

/** Patterns that files of the program compose of parts, which are not literals. */
const COMPOSED: Record<string, RegExp[]> = {
  'diagnosis/catalogue/clients.ts': clients.map(({ pattern }) => pattern),
  'diagnosis/matcher.ts': CATALOGUE.filter(({ pattern }) => headOf(pattern).source !== pattern.source).map(
    ({ pattern }) => headOf(pattern)
  ),
  'diagnosis/noise.ts': [NOISE, CASCADE],
  'secrets/archives/tar.ts': [recordOf('path')],
  // Copies a literal.
  'secrets/settings.ts': [],
  // Each family has a test of its own below.
  'secrets/scanner/families.ts': [],
  'secrets/scanner/family.ts': [],
  // Spellings of a known value, which are searched for in a bounded number of bytes around a part of the value.
  'secrets/scanner/confirmed.ts': [],
  // A pattern of the user, which takes linear time with RE2.
  'lib/line-pattern.ts': []
}

/** Returns the text of a pattern whose only composed parts are markers of the scripts in the image. */
function textOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return ''
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  const parts = node.templateSpans.map(({ expression, literal }) => {
    const [, name = ''] = /^MARKERS\.(\w+)$/.exec(expression.getText()) ?? []
    return name in MARKERS ? MARKERS[name as keyof typeof MARKERS] + literal.text : undefined
  })
  return parts.includes(undefined) ? undefined : node.head.text + parts.join('')
}

/** Returns the patterns that a file of the program contains, and whether it composes other ones. */
function patternsIn(file: string): { patterns: RegExp[]; composes: boolean } {
  const patterns: RegExp[] = []
  let composes = false
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      patterns.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)))
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') {
      const [source, flags] = [node.arguments?.[0], node.arguments?.[1]].map(textOf)
      if (source === undefined) composes = true
      else patterns.push(new RegExp(source, flags))
    }
    ts.forEachChild(node, visit)
  }
  const text = readFileSync(path.join(ROOT, 'src', file), 'utf8')
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { patterns, composes }
}

const inFiles = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !TRUSTED.some((one) => file.startsWith(one)))
  .map((file) => ({ file, ...patternsIn(file) }))
const files = inFiles
  .map(({ file, patterns }): [string, RegExp[]] => [file, [...patterns, ...(COMPOSED[file] ?? [])]])
  .filter(([, patterns]) => patterns.length > 0)

test('every composed pattern has a test', () => {
  const composing = inFiles.filter(({ composes }) => composes).map(({ file }) => file)
  expect(composing.sort()).toEqual(Object.keys(COMPOSED).sort())
})

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

test.each([...files, ...FAMILIES.map(({ id, pattern }): [string, RegExp[]] => [`family ${id}`, [pattern]])])(
  'no pattern is quadratic on a hostile line: %s',
  (_, patterns) => {
    for (const pattern of patterns.flatMap(alternativesOf))
      expect([pattern.source, slowLine(pattern)]).toEqual([pattern.source, undefined])
  }
)

test.each([/\d+x/, /Error: .*fatal/, /(\w+\s?)*ready$/, /a.*b.*c/, / +$/])(
  'a quadratic or exponential pattern is found: %s',
  (pattern) => {
    expect(slowLine(pattern)).toBeDefined()
  }
)
