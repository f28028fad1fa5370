import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../lab/home.js'
import { MENDER } from '../src/errors.js'
import { CATALOGUE } from '../src/diagnosis/catalogue/index.js'
import type { Signature } from '../src/diagnosis/signature.js'

// `npm run docs`: writes docs/troubleshooting.md from the catalogue of known failures. A test holds the two together.

const PARTS: [string, (signature: Signature) => boolean][] = [
  [
    'The checkpoint: what the application has open',
    ({ id }) => /^(fw-|jvm-(open|fd|epoll|busy|bad-fd))/.test(id)
  ],
  ['The checkpoint: the JVM', ({ stream, stages }) => stream === 'jvm' && stages.includes('dump')],
  ['The checkpoint: CRIU', ({ stream, stages }) => stream === 'criu' && stages.includes('dump')],
  ['The restore', ({ stages }) => stages.includes('restore')],
  ['The push', ({ stages }) => stages.includes('push')]
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
    'The message of a failed step ends with the line that shows the cause. Where the failure is a known one, the message',
    'has its name in brackets, for example `(fw-jdbc)`: search for it here. In a cause, `$1` stands for a part of that line.',
    '',
    ...parts
  ].join('\n')
}

function section({ id, cause, cure, kind, pattern, weight }: Signature): string[] {
  return [
    `### ${id}`,
    '',
    `${cause}${weight === 'noise' ? ' Harmless.' : ''}`,
    '',
    `- **How to mend it:** ${cure}`,
    `- **Who can:** ${MENDER[kind]}`,
    `- **Looks like:** ${code(pattern.source)}`,
    ''
  ]
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

if (process.argv[1]?.endsWith('docs.ts')) {
  writeFileSync(path.join(PROJECT, 'docs/troubleshooting.md'), `${troubleshootingPage().trimEnd()}\n`)
}
