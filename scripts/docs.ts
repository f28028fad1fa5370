import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { PROJECT } from '../lab/home.js'
import { OWNER } from '../src/lib/errors.js'
import { CRIU_LIMITS, CRIU_TRIALS, limitedHosts } from '../src/diagnosis/criu-limits.js'
import { CATALOGUE } from '../src/diagnosis/catalogue/index.js'
import type { Signature } from '../src/diagnosis/signature.js'
import { FAMILIES } from '../src/secrets/scanner/families.js'
import { seccompProfile } from './seccomp.js'

// `npm run docs` writes docs/troubleshooting.md from the catalogue of known failures, docs/inputs.md from action.yml, and docs/tokens.md from the
// families of tokens, and docs/criu.md from the limits of CRIU. It also writes docker/seccomp.json.
// Tests check that they are up to date.

const PARTS: [string, (signature: Signature) => boolean][] = [
  ['Start of the application', ({ id }) => id.startsWith('start-')],
  [
    'Checkpoint: open resources of the application',
    ({ id }) => /^(fw-|jvm-(open|fd|epoll|busy|bad-fd))/.test(id)
  ],
  ['Checkpoint: the JVM', ({ stream, operations }) => stream === 'jvm' && operations.includes('dump')],
  ['Checkpoint: CRIU', ({ stream, operations }) => stream === 'criu' && operations.includes('dump')],
  ['Restore', ({ operations }) => operations.includes('restore')],
  ['Push', ({ operations }) => operations.includes('push')]
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
    '**What does this failure of a checkpoint or a restore mean, and what is the fix?**',
    '',
    '[crac-checkpoint](../README.md) is a GitHub Action that starts a Java application, takes a snapshot of its process with CRaC (a feature of',
    'some JDKs) and CRIU (a program of Linux), and puts it into a container image. Many of these messages come from the JVM or from CRIU, and',
    'their cause is the same without this action. An open file, socket or connection of the application is the most frequent one.',
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

interface Metadata {
  inputs: Record<string, { description: string; default?: string }>
  outputs: Record<string, { description: string }>
}

/** Returns docs/inputs.md, with all inputs and outputs of action.yml. The comments among the inputs are the headings. */
export function inputsPage(): string {
  const action = readFileSync(path.join(PROJECT, 'action.yml'), 'utf8')
  const { inputs, outputs } = parse(action) as Metadata
  const [, declared = ''] = /\ninputs:\n([^]*?)\noutputs:\n/.exec(action) ?? []
  const groups = [...declared.matchAll(/^ {2}(?:# (.+)|([\w-]+):)$/gm)].flatMap(([, title, name = '']) => {
    if (title !== undefined) return ['', `## ${title}`, '', '| input | default | meaning |', '|---|---|---|']
    const { description = '', default: value = '' } = inputs[name] ?? {}
    // Only GitHub can evaluate an expression.
    const shown = value === '' || value.includes('${{') ? '' : code(value)
    return [`| \`${name}\` | ${shown} | ${linked(description)} |`]
  })
  return [
    '# Inputs and outputs',
    '',
    '<!-- Written by `npm run docs` from action.yml. -->',
    '',
    '**What can be configured, and what does a run return?**',
    '',
    'Lists have one entry per line. Durations are written as `500ms`, `90s` or `5m`, sizes as `200MB`, `1.5GB` or `512MiB`.',
    ...groups,
    '',
    '## Outputs',
    '',
    '| output | meaning |',
    '|---|---|',
    ...Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${linked(description)} |`)
  ].join('\n')
}

/** Returns the description with links for the pages that it names. */
function linked(description: string): string {
  return description.replace(
    /docs\/([\w/-]+)\.md/g,
    (_, page: string) => `[${path.basename(page)}](${page}.md)`
  )
}

/** Returns the prefixes of a family; many of them are one prefix with each of the characters that can follow it. */
function shownPrefixes(prefixes: readonly string[]): string {
  const [first = ''] = prefixes
  return prefixes.length < 16
    ? prefixes.map((prefix) => code(prefix.trim())).join(' ')
    : code(`${first.slice(0, -1)}…`)
}

/** Returns docs/tokens.md, with all kinds of tokens that are found by their form. */
export function tokensPage(): string {
  const rows = FAMILIES.map(({ what, prefixes, source, binary }) => {
    const begins = binary ? 'binary data' : shownPrefixes(prefixes)
    const [, rule] = /^gitleaks: (.+)$/.exec(source) ?? []
    return `| ${what} | ${begins} | ${rule === undefined ? `[description](${source})` : `gitleaks, rule \`${rule}\``} |`
  })
  return [
    '# Kinds of tokens',
    '',
    '<!-- Written by `npm run docs` from src/secrets/scanner/families.ts. -->',
    '',
    '**Which tokens does the scan find without knowing their values?**',
    '',
    'The scan for secrets finds these by their form ([how](decisions/secrets.md#tokens-by-their-form)).',
    '',
    '| what | contains | source of the format |',
    '|---|---|---|',
    ...rows
  ].join('\n')
}

/** Returns docs/criu.md, with the known limits of versions of CRIU and the combinations that were tried. */
export function criuPage(): string {
  const limits = CRIU_LIMITS.map((limit) => {
    const { signature, fixedIn, reason, always } = limit
    const result = `${always ? 'fails' : 'may fail'}: ${reason} ([${signature}](troubleshooting.md#${signature}))`
    return `| ${limitedHosts(limit)} | before ${fixedIn} | ${result} | ${limit.seen} |`
  })
  const trials = CRIU_TRIALS.map(
    ({ criu, kernel, glibc, cpu, result, seen }) =>
      `| ${criu} | ${kernel} | ${glibc} | ${cpu} | ${result} | ${seen} |`
  )
  return [
    '# Versions of CRIU, and where they work',
    '',
    '<!-- Written by `npm run docs` from src/diagnosis/criu-limits.ts. -->',
    '',
    '**Which CRIU works on which kernel, glibc and CPU?**',
    '',
    'The action refuses nothing because of a version: each CRIU [dumps a sleeping process](decisions/criu.md) on the runner, and that',
    'decides. The inspection of the runner, `crac-checkpoint doctor` and the messages of failures use this table.',
    '',
    '## Known limits',
    '',
    '| where | CRIU | what happens | seen |',
    '|---|---|---|---|',
    ...limits,
    '',
    '## Tried, and works',
    '',
    '| CRIU | kernel | glibc | CPU | what | seen |',
    '|---|---|---|---|---|---|',
    ...trials,
    '',
    'Kernels from 7.1 on do not have UDP-Lite. CRIU before 4.2.1 then stops a dump, but only if the processes have another network',
    'namespace than CRIU, as with `podman container checkpoint`. This action runs CRIU inside the container, in their namespace: there',
    'CRIU logs that it goes on.'
  ].join('\n')
}

if (process.argv[1]?.endsWith('docs.ts')) {
  writeFileSync(path.join(PROJECT, 'docs/criu.md'), `${criuPage()}\n`)
  writeFileSync(path.join(PROJECT, 'docs/tokens.md'), `${tokensPage()}\n`)
  writeFileSync(path.join(PROJECT, 'docs/troubleshooting.md'), `${troubleshootingPage().trimEnd()}\n`)
  writeFileSync(path.join(PROJECT, 'docs/inputs.md'), `${inputsPage()}\n`)
  writeFileSync(path.join(PROJECT, 'docker/seccomp.json'), `${seccompProfile()}\n`)
}
