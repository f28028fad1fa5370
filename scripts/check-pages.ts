import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'
import { anchor, generatedFiles } from './docs.js'
import { projectFiles } from './project-files.js'

// Part of `npm run lint`: reports pages of the manual that `npm run docs` would write in another way, links that lead nowhere, pages that do
// not say which project they are of, and files that code or pages name and that do not exist.

/** Files that may name other files of the project. */
const NAMING =
  /^(?:src|docker|docs|scripts|lab|\.github)\/.*\.(?:ts|mjs|sh|ya?ml|md)$|^[A-Z]+\.md$|^action\.yml$/

/** Path of a file in one of the main folders of the project. */
const FILE = /(?<![\w/.-])(?:docs|docker|scripts|src)\/[\w./-]+\.(?:md|ts|mjs|sh|json)\b/g

/** Returns the problems of the pages and of the names of files below `root`, one line each. */
export function problemsBelow(root: string): string[] {
  const files = projectFiles(root)
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
  const proseOf = (page: string): string => read(page).replace(/^ *```[^]*?^ *```/gm, '')
  const exists = (file: string): boolean => existsSync(path.join(root, file))

  function isBroken(page: string, link: string): boolean {
    if (/^[a-z]+:/.test(link)) return false
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? page : path.join(path.dirname(page), file)
    if (!exists(target)) return true
    return anchor !== undefined && !anchorsOf(proseOf(target)).includes(anchor)
  }
  const pages = files.filter((file) => file.endsWith('.md'))
  return [
    ...pages.flatMap((page) =>
      linksOf(proseOf(page))
        .filter((link) => isBroken(page, link))
        .map((link) => `${page}: the link ${link} leads nowhere`)
    ),
    // Many readers come from a search.
    ...pages
      .filter((page) => page.startsWith('docs/') && !read(page).split('\n')[2]?.includes(readmeOf(page)))
      .map((page) => `${page}: its third line does not have ${readmeOf(page)}`),
    ...files
      .filter((file) => NAMING.test(file))
      .flatMap((file) =>
        (read(file).replaceAll('${DOCS}/', 'docs/').match(FILE) ?? [])
          .filter((named) => !exists(named))
          .map((named) => `${file}: ${named} does not exist`)
      )
  ]
}

/** Returns the link that the third line of a page has to have. */
function readmeOf(page: string): string {
  return `[crac-checkpoint](${path.relative(path.dirname(page), 'README.md')})`
}

function linksOf(prose: string): string[] {
  const links = prose.replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)/gm)
  return [...links].map(([, inline, reference]) => inline ?? reference ?? '')
}

/** Returns the anchors that GitHub makes of the headings of a page. */
function anchorsOf(prose: string): string[] {
  const uses = new Map<string, number>()
  return [...prose.matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) => {
    const slug = anchor(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    const count = uses.get(slug) ?? 0
    uses.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
}

/** Returns the generated files that differ from what would be written now, one line each. */
export function staleBelow(root: string): string[] {
  return Object.entries(generatedFiles())
    .filter(([file, content]) => readFileSync(path.join(root, file), 'utf8') !== content)
    .map(([file]) => `${file}: not what \`npm run docs\` writes`)
}

if (process.argv[1]?.endsWith('check-pages.ts')) {
  const problems = [...staleBelow(PROJECT), ...problemsBelow(PROJECT)]
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
