import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { marked } from 'marked'
import { run } from './command.js'
import { ensureCommand } from './debian.js'
import type { Progress } from './progress.js'

/** A page as a browser shows it. */
export interface Shown {
  /** Its document without the programs, with everything drawn. */
  document: string
  /** Height of all of it, in pixels. */
  height: number
}

/** Width of a job summary on GitHub, in pixels. */
const WIDTH = 1012

/** Headless Chromium; installed where it is missing. */
export async function ensureBrowser(progress: Progress): Promise<void> {
  await ensureCommand('chromium', ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji'], progress)
}

/**
 * Shows a job summary as GitHub does: GitHub-flavoured Markdown, in GitHub's style, with the Mermaid diagrams drawn.
 * With `picture` also as a PNG in that file.
 */
export async function showSummary(markdown: string, picture?: string): Promise<Shown> {
  const folder = await mkdtemp(path.join(tmpdir(), 'browser-'))
  try {
    const page = path.join(folder, 'page.html')
    await writeFile(page, await pageOf(markdown))
    const dumped = await chromium(folder, '--dump-dom', `file://${page}`)
    const document = dumped.replace(/<script>[^]*?<\/script>/g, '')
    const height = Number(/data-height="(\d+)"/.exec(document)?.[1])
    if (picture !== undefined)
      await chromium(folder, `--screenshot=${picture}`, `--window-size=${WIDTH},${height}`, `file://${page}`)
    return { document, height }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function chromium(folder: string, ...args: string[]): Promise<string> {
  return await run('chromium', [
    '--headless',
    // Root has no sandbox; the page is our own.
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    `--user-data-dir=${folder}/profile`,
    `--window-size=${WIDTH},800`,
    // Until the diagrams are drawn.
    '--virtual-time-budget=20000',
    ...args
  ])
}

async function pageOf(markdown: string): Promise<string> {
  const require = createRequire(import.meta.url)
  const [style, mermaid] = await Promise.all(
    [
      'github-markdown-css/github-markdown-light.css',
      path.join(path.dirname(require.resolve('mermaid')), 'mermaid.min.js')
    ].map((name) => readFile(require.resolve(name), 'utf8'))
  )
  const body = await marked.parse(markdown, { gfm: true })
  return `<!doctype html>
<html>
<head><meta charset="utf-8"><style>${style}
body { margin: 0; font-family: DejaVu Sans, sans-serif }
article { padding: 24px }
</style></head>
<body><article class="markdown-body">${body}</article>
<script>${mermaid?.replaceAll('</script', '<\\/script')}</script>
<script>
for (const code of document.querySelectorAll('code.language-mermaid')) {
  const drawing = document.createElement('div')
  drawing.className = 'mermaid'
  drawing.textContent = code.textContent
  code.parentElement.replaceWith(drawing)
}
mermaid.initialize({ startOnLoad: false })
mermaid.run().catch((error) => { document.documentElement.dataset.error = String(error) }).finally(() => {
  document.documentElement.dataset.height = String(document.documentElement.scrollHeight)
})
</script></body>
</html>
`
}
