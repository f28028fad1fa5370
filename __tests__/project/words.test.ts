import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

const BAD: Record<string, string> = {
  'comment.ts': '// The user is told why.\nexport const a = 1\n',
  'end-of-block.ts': 'export function a(): void {\n  // Whoever reads this.\n}\n',
  'two-lines.ts': '// Restores and cold starts by\n// turns.\nexport const a = 1\n',
  'message.ts': "export const a = 'There is no room: 5 MB'\n",
  'template.ts': 'export const a = `Level ${1} is not to be had`\n',
  'fragment.ts': '/** Of one file, in bytes. */\nexport const a = 1\n',
  'fragment-in-lines.ts': '/**\n * The same, of a folder.\n */\nexport const a = 1\n',
  'page.md': '# Page\n\nIt looks for\na file.\n',
  'Comment.java': 'class Comment {\n  /* A rung. */\n}\n',
  'Message.java': 'class Message {\n  String a = "asked";\n}\n',
  'script.sh': '# Mends the base image.\n',
  'workflow.yml': 'jobs: # The words of others.\n',
  Dockerfile: '# This is no shell.\n'
}

const GOOD: Record<string, string> = {
  'comment.ts':
    '/** Maximum size of a log file, in bytes. */\nexport const a = 1 // There is no snapshot, no longer.\n',
  'code.ts': 'export const told = { mend: /told/, key: "foreign" }\n',
  'page.md':
    '# Page\n\n`told` stays, as does a [link](told.md):\n\n```sh\necho told\n```\n\nTo tell the two apart, or recommend one.\n',
  'Good.java': '/** A secure headroom. */\nclass Good {}\n'
}

describe('check-words', () => {
  let folder: string
  let output: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'words-'))
    for (const [name, text] of Object.entries(BAD)) writeFileSync(path.join(folder, name), text)
    output = check(Object.keys(BAD)).output
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function check(names: string[]): { status: number | null; output: string } {
    const script = path.join(ROOT, 'scripts/check-words.ts')
    const files = names.map((name) => path.join(folder, name))
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...files], {
      encoding: 'utf8'
    })
    return { status, output: stderr }
  }

  test.each(Object.keys(BAD))('reports a private word in %s', (name) => {
    expect(output).toMatch(new RegExp(`/${name.replaceAll('.', '\\.')}:\\d+: `))
  })

  test('reports the line of a word', () => {
    expect(output).toContain('page.md:3: "looks for"; use: read, search, inspect, check')
    expect(output).toContain('end-of-block.ts:2: "Whoever"')
  })

  test('passes on plain words, on code, and on names', () => {
    for (const [name, text] of Object.entries(GOOD)) writeFileSync(path.join(folder, name), text)
    expect(check(Object.keys(GOOD))).toEqual({ status: 0, output: '' })
  })
})
