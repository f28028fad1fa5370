import { readFileSync, writeFileSync } from 'node:fs'
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
    'Where the failure of a step is a known one, its message has a line such as `More: docs/troubleshooting.md, under',
    'fw-jdbc.`: that name is a heading here. Without one, search for a few words of the line that the message ends with. In a',
    'cause, `$1` stands for a part of that line.',
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

/** A sample can be a log: only the line that tells is shown. */
function sampleLine({ id, pattern }: Signature): string {
  const lines = (SAMPLES[id] ?? '').split('\n')
  return (lines.find((line) => pattern.test(line)) ?? lines[0] ?? '').trim()
}

function section(signature: Signature): string[] {
  const { id, cause, cure, kind, weight } = signature
  return [
    `### ${id}`,
    '',
    `${cause}${weight === 'noise' ? ' Harmless.' : ''}`,
    '',
    `- **How to mend it:** ${cure}`,
    `- **Who can:** ${MENDER[kind]}`,
    `- **Looks like:** ${code(sampleLine(signature))}`,
    ''
  ]
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

if (process.argv[1]?.endsWith('docs.ts')) {
  writeFileSync(path.join(PROJECT, 'docs/troubleshooting.md'), `${troubleshootingPage().trimEnd()}\n`)
}
