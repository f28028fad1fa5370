import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { OWNER } from '../../src/lib/errors.js'
import { ROOT } from '../support/inputs.js'

interface Row {
  fault: string
  seen: string
  kind: string
  tests: string[]
}

const rows: Row[] = readFileSync(path.join(ROOT, 'docs/reliability.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault '))
  .map((line) => {
    const [, fault = '', , seen = '', kind = '', tests = ''] = line.split('|').map((cell) => cell.trim())
    return { fault, seen, kind, tests: tests.split('; `').map((one) => one.replace(/^`/, '')) }
  })

/** The texts of a source file: titles of tests, and the rows that a title stands for. */
const texts = new Map<string, Set<string>>()
function textsOf(file: string): Set<string> {
  const known = texts.get(file)
  if (known) return known
  const found = new Set<string>()
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  texts.set(file, found)
  return found
}

function everything(folder: string): string {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|sh)$/.test(entry.name))
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
    .replaceAll('\\`', '`')
}
const program = everything('src')

describe('docs/reliability.md', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThan(55)
  })

  test.each(rows)(
    '$fault: its tests exist, and its words are those of the program',
    ({ seen, kind, tests }) => {
      for (const reference of tests) {
        const [file = '', title = ''] = reference.split('` › ')
        expect([...textsOf(path.join(ROOT, '__tests__', file))]).toContain(title)
      }
      for (const [, words = ''] of seen.matchAll(/"([^"]+)"/g)) {
        for (const part of words.split('…')) expect(program).toContain(part.trim().replace(/^, /, ''))
      }
      expect([...Object.keys(OWNER), '–', 'by the cause']).toContain(kind)
    }
  )
})
