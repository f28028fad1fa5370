import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { APPLICATIONS, applicationTable, IN_CI } from '../e2e/support/application-list.js'
import { ROOT } from '../support/inputs.js'

const FOLDER = path.join(ROOT, '__tests__/e2e/long/applications')
const names = APPLICATIONS.map(({ name }) => name)

/** Projects in the same folder that other long tests build. */
const OF_OTHER_TESTS = [
  ...['clients', 'image-plain', 'image-quarkus', 'image-spring', 'tcnative', 'undertow-graceful']
]

/** The cells of a table in Markdown, without its second line. */
function cellsOf(table: string): string[][] {
  const lines = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').slice(1, -1))
  return lines.filter((_, index) => index !== 1).map((cells) => cells.map((cell) => cell.trim()))
}

describe('the applications of docs/frameworks.md', () => {
  test('are the projects of their folder', () => {
    const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual([...names, ...OF_OTHER_TESTS].sort())
    expect(names).toEqual(expect.arrayContaining(IN_CI))
  })

  test.each(APPLICATIONS)('$name has the versions of its pom.xml', ({ name, versions }) => {
    const poms = ['pom.xml', `${name}/pom.xml`].map((pom) => readFileSync(path.join(FOLDER, pom), 'utf8'))
    const unknown = (versions.match(/\d+(?:\.\d+)+/g) ?? []).filter(
      (version) => !new RegExp(`>${version.replaceAll('.', '\\.')}(?:\\.Final)?<`).test(poms.join('\n'))
    )
    expect(unknown).toEqual([])
  })

  test('have the results and messages that the long tests expect', () => {
    const page = readFileSync(path.join(ROOT, 'docs/frameworks.md'), 'utf8')
    const [, table = ''] = /## Twenty applications\n[^|]*(\|[^]*?\|)\n\n/.exec(page) ?? []
    const expected = APPLICATIONS.map(({ name, expected }) => ({
      name,
      result: 'answer' in expected ? ('restored' as const) : ('refused' as const)
    }))
    expect(cellsOf(table)).toEqual(cellsOf(applicationTable(expected)))
  })
})
