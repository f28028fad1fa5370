import { describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8'
})
  .trim()
  .split('\n')
  .filter((page) => existsSync(path.join(ROOT, page)))

function proseOf(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8').replace(/^ *```[^]*?^ *```/gm, '')
}

/** Returns the anchors that GitHub makes of the headings of a page. */
function anchorsOf(page: string): string[] {
  const uses = new Map<string, number>()
  return [...proseOf(page).matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    const count = uses.get(slug) ?? 0
    uses.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

function brokenLinks(page: string): string[] {
  const links = proseOf(page)
    .replace(/`[^`\n]*`/g, '')
    .matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)/gm)
  return [...links]
    .map(([, inline, reference]) => inline ?? reference ?? '')
    .filter((link) => {
      if (/^[a-z]+:/.test(link)) return false
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : path.join(path.dirname(page), file)
      if (!existsSync(path.join(ROOT, target))) return true
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
}

describe('the links of', () => {
  test.each(pages)('%s lead to files and headings that exist', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })
})

test('the files that code and pages name exist', () => {
  const pattern = '(^|[^/a-zA-Z0-9_.-])(docs|docker|scripts|src)/[a-zA-Z0-9_./-]+[.](md|ts|mjs|sh|json)\\b'
  const where = ['src', 'docker', 'docs', 'scripts', 'lab', '*.md', 'action.yml', '.github', ':!__tests__']
  const found = execFileSync('git', ['grep', '-ohE', pattern, '--', ...where], {
    cwd: ROOT,
    encoding: 'utf8'
  })
  const files = found.split('\n').map((line) => line.replace(/^[^a-z]/, ''))
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([])
})
