import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { problemsBelow, staleBelow } from '../../scripts/check-pages.js'
import { generatedFiles } from '../../scripts/docs.js'

const MANUAL = '# Page\n\nPart of the manual of [crac-checkpoint](../README.md).\n\n'

describe('check-pages', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'pages-'))
    write('README.md', '# Project\n\n## The `first` [heading](docs/page.md)\n\n## Twice\n\n## Twice\n')
    write('docs/page.md', MANUAL)
  })
  afterEach(() => rmSync(root, { recursive: true }))

  function write(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), content)
  }

  test('passes on links to files, to headings as GitHub names them, and to other sites', () => {
    const links = [
      '[a](../README.md#the-first-heading)',
      '[b](../README.md#twice-1)',
      '[c](#page)',
      '[d](https://example.org/none)',
      '`[e](none.md)`'
    ]
    write('docs/page.md', `${MANUAL}${links.join('\n')}\n\n\`\`\`md\n[f](none.md)\n\`\`\`\n`)
    expect(problemsBelow(root)).toEqual([])
  })

  test.each(['none.md', '../README.md#none', '#none', '../README.md#twice-2'])(
    'reports a link to %s',
    (link) => {
      write('docs/page.md', `${MANUAL}[a](${link})\n`)
      expect(problemsBelow(root)).toEqual([`docs/page.md: the link ${link} leads nowhere`])
    }
  )

  test('reports a link that is defined below the text', () => {
    write('docs/page.md', `${MANUAL}[a]\n\n[a]: none.md\n`)
    expect(problemsBelow(root)).toEqual(['docs/page.md: the link none.md leads nowhere'])
  })

  test('reports a page that does not say first which project it is of', () => {
    write('docs/decisions/page.md', MANUAL)
    expect(problemsBelow(root)).toEqual([
      'docs/decisions/page.md: the link ../README.md leads nowhere',
      'docs/decisions/page.md: its third line does not have [crac-checkpoint](../../README.md)'
    ])
  })

  test('reports a file that code names and that does not exist', () => {
    write('src/a.ts', '// docs/page.md has the reason, src/none.ts the code.\nconst a = `${DOCS}/none.md`\n')
    expect(problemsBelow(root)).toEqual([
      'src/a.ts: src/none.ts does not exist',
      'src/a.ts: docs/none.md does not exist'
    ])
  })

  test('reports a generated page that is not what would be written now', () => {
    for (const [file, content] of Object.entries(generatedFiles())) write(file, content)
    expect(staleBelow(root)).toEqual([])
    write('docs/tokens.md', 'old')
    expect(staleBelow(root)).toEqual(['docs/tokens.md: not what `npm run docs` writes'])
  })
})
