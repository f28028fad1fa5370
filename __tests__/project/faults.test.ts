import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { ROOT } from '../support/inputs.js'

interface Row {
  fault: string
  effect: string
  tests: string[]
}

const rows: Row[] = readFileSync(path.join(ROOT, '__tests__/FAULTS.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!fault +\||-)/.test(line))
  .map((line) => {
    const [, fault = '', effect = '', tests = ''] = line.split('|').map((cell) => cell.trim())
    return { fault, effect, tests: tests.split('<br>') }
  })

const stringsOfFiles = new Map<string, Set<string>>()

/** Returns all string literals of a TypeScript file, test titles among them. */
function stringsIn(file: string): Set<string> {
  const known = stringsOfFiles.get(file)
  if (known) return known
  const strings = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest))
  stringsOfFiles.set(file, strings)
  return strings
}

const program = readdirSync(path.join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')
  .replaceAll('\\`', '`')

describe('FAULTS.md', () => {
  test('has rows', () => {
    expect(rows.length).toBeGreaterThan(55)
  })

  test.each(rows)('$fault: its tests exist, and the program has its messages', ({ effect, tests }) => {
    for (const reference of tests) {
      const [, file = '', title = ''] = /^`(.+?)` › (.+)$/.exec(reference) ?? []
      expect([...stringsIn(path.join(ROOT, '__tests__', file))]).toContain(title)
    }
    for (const [, message = ''] of effect.matchAll(/"([^"]+)"/g)) {
      for (const part of message.split('…')) expect(program).toContain(part.trim().replace(/^, /, ''))
    }
  })
})
