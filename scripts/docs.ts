import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { PROJECT } from '../lab/home.js'
import { DOCS, OWNER } from '../src/lib/errors.js'
import { CRIU_LIMITS, CRIU_TRIALS, limitedHosts } from '../src/diagnosis/criu-limits.js'
import { CATALOGUE } from '../src/diagnosis/catalogue/index.js'
import type { Signature } from '../src/diagnosis/signature.js'
import { FAMILIES } from '../src/secrets/scanner/families.js'
import { MANUAL } from './manual.js'
import type { Platforms } from '../lab/vm/platforms.js'
import { platformsPage } from './platforms.js'
import { seccompProfile } from './seccomp.js'

// `npm run docs` writes docs/troubleshooting.md from the catalogue of known failures, docs/inputs.md from action.yml, and docs/tokens.md from the
// families of tokens, docs/criu.md from the limits of CRIU, and docs/platforms.md from docs/platforms.json. It also writes docker/seccomp.json.
// `npm run lint` checks that they are up to date (scripts/check-pages.ts).

const PARTS: [string, (signature: Signature) => boolean][] = [
  ['Start of the application', ({ id }) => id.startsWith('start-') || id === 'jvm-heap'],
  ['Docker', ({ stream }) => stream === 'docker'],
  [
    'Checkpoint: open resources of the application',
    ({ id, operations }) => operations.includes('dump') && /^(fw-|jvm-(open|fd|epoll|busy|bad-fd))/.test(id)
  ],
  ['Checkpoint: the JVM', ({ stream, operations }) => stream === 'jvm' && operations.includes('dump')],
  ['Checkpoint: CRIU', ({ stream, operations }) => stream === 'criu' && operations.includes('dump')],
  ['Restore', ({ operations }) => operations.includes('restore')],
  ['Push', ({ operations }) => operations.includes('push')]
]

/** Messages that are not in the catalogue, and where their causes are explained. */
const ELSEWHERE = [
  [
    '`crac-checkpoint: the snapshot could not be restored here` in the log of a container',
    '[lines that the container prints](running.md#lines-that-the-container-prints)'
  ],
  ['`No application was found`', '[layouts](layouts.md)'],
  ['`The application was not ready within`', '[ready](warm-up.md#ready); `startup-timeout` is the limit'],
  ['`The warm-up ... never got a successful response`', '[warm-up](warm-up.md#warm-up)'],
  [
    '`The checkpoint was not complete within`, `The push was not complete within`',
    '[inputs](inputs.md): `checkpoint-timeout` and `push-timeout` are the limits'
  ],
  ['`The Docker engine does not grant what CRIU needs`', '[privileges](decisions/privileges.md)'],
  ['`No CRIU works on this runner`', '[versions of CRIU](criu.md), [which CRIU is used](decisions/criu.md)'],
  ['`A budget is exceeded`', '[budgets](proof.md#budgets)'],
  ['`A secret is in the image`', '[secrets](decisions/secrets.md)'],
  [
    '`could not be pulled`',
    '[base image](decisions/base-image.md), [an existing image](image.md), [CRIU from an image](decisions/criu.md#criu-from-an-image)'
  ],
  [
    'exit code 137 of a container',
    'not enough memory ([docker-oom](#docker-oom)), or `docker stop` ran into its limit'
  ],
  [
    '`ClassNotFoundException`, `NoClassDefFoundError`',
    'at the start: the jar is not in the context ([layouts](layouts.md)); after a restore: [fw-classpath](#fw-classpath)'
  ]
]

/** The whole page. */
function troubleshootingPage(): string {
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
    MANUAL,
    '',
    '<!-- Written by `npm run docs` from src/diagnosis/catalogue/. -->',
    '',
    '**What does this failure of a checkpoint or a restore mean, and what is the fix?**',
    '',
    'crac-checkpoint starts a Java application, takes a snapshot of its process with CRaC (a feature of',
    'some JDKs) and CRIU (a program of Linux), and puts it into a container image. Many of these messages come from the JVM or from CRIU, and',
    'their cause is the same without this action. An open file, socket or connection of the application is the most frequent one.',
    '',
    'The action inspects the runner before it builds anything. To do the same on a machine, run',
    '[`node dist/cli.cjs doctor`](cli.md) in a clone of crac-checkpoint.',
    '',
    'Each failure has one message: what happened, the fix, and the owner. This page has the failures whose message has a line',
    '`Read more:` with an address: its last part, such as `#fw-jdbc`, is a heading of this page. For a log line of the JVM, CRIU, Docker or a',
    'registry, search this page for its words. In a cause, `…` stands for a part of the log line. Other failures have no heading here:',
    '',
    '| message | page |',
    '| --- | --- |',
    ...ELSEWHERE.map(([message, page]) => `| ${message} | ${page} |`),
    '',
    'The folder of the output `logs` has the logs of the builds, the application and CRIU, a thread dump after a timeout, and',
    '`resource-policies.txt` after a refused checkpoint. [README](../README.md#outputs) shows how to keep it.',
    '',
    ...PARTS.map(([title]) => `- [${title}](#${anchor(title)})`),
    '',
    ...parts
  ].join('\n')
}

/** Returns the anchor that GitHub makes of a heading without links, if no heading before it has the same. */
export function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
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

/** Returns the sentence without the groups of its pattern: only one of several groups in a row has a value. */
function withoutGroups(sentence: string): string {
  return sentence.replace(/\$\d{1,2}(?: ?\$\d{1,2})*/g, '…')
}

/** What the message of a refused checkpoint adds. */
const POLICIES =
  ' For what the application cannot close, set rules in [`resource-policies`](frameworks.md#files-and-sockets-that-stay-open): the message of the run has them, ready to paste.'

function section(signature: Signature): string[] {
  const { id, cause, fix, category, weight, operations } = signature
  // Its host can be any that runs the image.
  const owner =
    category === 'runner' && operations.includes('restore') ? 'administrator of the host' : OWNER[category]
  return [
    `### ${id}`,
    '',
    `${withoutGroups(cause)}${weight === 'noise' ? ' Harmless.' : ''}`,
    '',
    `- **Fix:** ${linked(withoutGroups(fix))}${/^jvm-(?:open|fd)/.test(id) ? POLICIES : ''}`,
    `- **Owner:** ${owner}`,
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
function inputsPage(): string {
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
    MANUAL,
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

/** Returns the text with links for the pages that it names, by their path or their address. */
function linked(text: string): string {
  return text
    .replaceAll('the output `restore-flags`', 'the output [`restore-flags`](running.md)')
    .replaceAll(`${DOCS}/`, 'docs/')
    .replace(
      /docs\/([\w/-]+)\.md(#[\w-]+)?/g,
      (_, page: string, anchor = '') => `[${path.basename(page)}](${page}.md${anchor})`
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
function tokensPage(): string {
  const rows = FAMILIES.map(({ what, prefixes, source, binary }) => {
    const begins = binary ? 'binary data' : shownPrefixes(prefixes)
    const [, rule] = /^gitleaks: (.+)$/.exec(source) ?? []
    return `| ${what} | ${begins} | ${rule === undefined ? `[description](${source})` : `gitleaks, rule \`${rule}\``} |`
  })
  return [
    '# Kinds of tokens',
    '',
    MANUAL,
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
function criuPage(): string {
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
    MANUAL,
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

/** Returns the files that `npm run docs` writes, with their content, by their paths in the project. */
export function generatedFiles(): Record<string, string> {
  const platforms = JSON.parse(readFileSync(path.join(PROJECT, 'docs/platforms.json'), 'utf8')) as Platforms
  return {
    'docs/criu.md': `${criuPage()}\n`,
    'docs/platforms.md': `${platformsPage(platforms)}\n`,
    'docs/tokens.md': `${tokensPage()}\n`,
    'docs/troubleshooting.md': `${troubleshootingPage().trimEnd()}\n`,
    'docs/inputs.md': `${inputsPage()}\n`,
    'docker/seccomp.json': `${seccompProfile()}\n`
  }
}

if (process.argv[1]?.endsWith('docs.ts'))
  for (const [file, content] of Object.entries(generatedFiles()))
    writeFileSync(path.join(PROJECT, file), content)
