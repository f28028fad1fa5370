import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/inputs.js'

const files = readdirSync(ROOT)
  .filter((name) => !['.git', 'node_modules', 'dist', 'coverage'].includes(name))
  .flatMap((name) =>
    statSync(path.join(ROOT, name)).isFile()
      ? [name]
      : readdirSync(path.join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((file) =>
          path.join(name, file)
        )
  )
  .filter((file) => !/(?:^|\/)(?:node_modules|target)\//.test(file) && !file.startsWith('bench/report/'))
const pages = files.filter((file) => file.endsWith('.md'))

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

test.each(pages.filter((page) => page.startsWith('docs/')))(
  '%s says first which project it is of',
  (page) => {
    const up = page.startsWith('docs/decisions/') ? '../..' : '..'
    const [, , third] = readFileSync(path.join(ROOT, page), 'utf8').split('\n')
    expect(third).toContain(`[crac-checkpoint](${up}/README.md)`)
  }
)

/** Path of a file in one of the main folders of the project. */
const FILE = /(?<![\w/.-])(?:docs|docker|scripts|src)\/[\w./-]+\.(?:md|ts|mjs|sh|json)\b/g

describe('the links of', () => {
  test.each(pages)('%s lead to files and headings that exist', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })
})

test('the files that code and pages name exist', () => {
  const named = files
    .filter((file) =>
      /^(?:src|docker|docs|scripts|lab|\.github)\/.*\.(?:ts|mjs|sh|ya?ml|md)$|^[A-Z]+\.md$|^action\.yml$/.test(
        file
      )
    )
    .map((file) => readFileSync(path.join(ROOT, file), 'utf8').replaceAll('${DOCS}/', 'docs/'))
    .flatMap((text) => text.match(FILE) ?? [])
  expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([])
})
