import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'
import { OWNER } from '../src/lib/errors.js'
import { CATALOGUE } from '../src/diagnosis/catalogue/index.js'
import type { Signature } from '../src/diagnosis/signature.js'

// `npm run docs`: writes docs/troubleshooting.md from the catalogue of known failures. A test holds the two together.

const PARTS: [string, (signature: Signature) => boolean][] = [
  [
    'The checkpoint: what the application has open',
    ({ id }) => /^(fw-|jvm-(open|fd|epoll|busy|bad-fd))/.test(id)
  ],
  ['The checkpoint: the JVM', ({ stream, operations }) => stream === 'jvm' && operations.includes('dump')],
  ['The checkpoint: CRIU', ({ stream, operations }) => stream === 'criu' && operations.includes('dump')],
  ['The restore', ({ operations }) => operations.includes('restore')],
  ['The push', ({ operations }) => operations.includes('push')]
]

/** The whole page. */
export function troubleshootingPage(): string {
  const left = new Set(CATALOGUE)
  const parts = PARTS.map(([title, belongs]) => {
    const rows = [...left].filter(belongs)
    for (const row of rows) left.delete(row)
    return [`## ${title}`, '', ...rows.flatMap(section)].join('\n')
  })
  if (left.size > 0) throw new Error(`no part of the page for ${[...left].map(({ id }) => id).join(', ')}`)
  return [
    '# Troubleshooting',
    '',
    '<!-- Written by `npm run docs` from src/diagnosis/catalogue/. -->',
    '',
    'The action inspects the runner before it builds anything. To do the same on a machine, run `npx crac-checkpoint doctor`.',
    '',
    'Each failure has one message: what happened, the owner, and the fix. The message of a known failure ends with a line such as',
    '`Read more: docs/troubleshooting.md#fw-jdbc`, whose last part is a heading of this page. For other failures, search this page',
    'for words of the log lines below the message. In a cause, `$1` stands for a part of the log line.',
    '',
    'The folder of the output `logs` has the logs of the builds, the application and CRIU, a thread dump after a timeout, and',
    '`resource-policies.txt` after a refused checkpoint. [README](../README.md#outputs) shows how to keep it.',
    '',
    ...PARTS.map(([title]) => `- [${title}](#${anchor(title)})`),
    '',
    ...parts
  ].join('\n')
}

/** As GitHub makes it of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-')
}

const SAMPLES = JSON.parse(
  readFileSync(path.join(PROJECT, '__tests__/diagnosis/samples.json'), 'utf8')
) as Record<string, string>

/** The line of a sample that the pattern matches: a sample can be a whole log. */
function sampleLine({ id, pattern }: Signature): string {
  const lines = (SAMPLES[id] ?? '').split('\n')
  return (lines.find((line) => pattern.test(line)) ?? lines[0] ?? '').trim()
}

function section(signature: Signature): string[] {
  const { id, cause, fix, category, weight } = signature
  return [
    `### ${id}`,
    '',
    `${cause}${weight === 'noise' ? ' Harmless.' : ''}`,
    '',
    `- **Fix:** ${fix}`,
    `- **Owner:** ${OWNER[category]}`,
    `- **Log line:** ${code(sampleLine(signature))}`,
    ''
  ]
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

if (process.argv[1]?.endsWith('docs.ts')) {
  writeFileSync(path.join(PROJECT, 'docs/troubleshooting.md'), `${troubleshootingPage().trimEnd()}\n`)
}
