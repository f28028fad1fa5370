import type { ImageLayer } from '../image/layers.js'
import { describeFailure, type Failure } from '../errors.js'
import { instructions, speedup, type Checkpointed, type Cold, type Result } from '../outputs.js'

/** The job summary of a run that did not fail, as GitHub-flavoured Markdown. */
export function renderSummary(result: Result): string {
  switch (result.outcome) {
    case 'checkpointed':
      return renderCheckpointed(result)
    case 'cold':
      return renderCold(result)
    case 'unchanged':
      return [
        '## CRaC checkpoint: nothing changed',
        '',
        `The tags have an image of the same parts: ${code(result.digest)}.`,
        ''
      ].join('\n')
    case 'skipped':
      return [
        '## CRaC checkpoint: skipped',
        '',
        'This runner takes no snapshots:',
        '',
        quote(result.reason),
        ''
      ].join('\n')
  }
}

function renderCheckpointed(result: Checkpointed): string {
  const { snapshot, proof, jdk, takenBy } = result
  const engine =
    takenBy.name === 'criu' ? `CRIU ${takenBy.version} (${takenBy.kind}: ${takenBy.why})` : 'Warp'
  const { sent, failed } = snapshot.warmUp
  const rows: [string, string][] = [
    ['Application', result.application],
    ['JDK', `${jdk.asset.distribution} ${jdk.asset.version} (${jdk.asset.name})`],
    ['Taken by', engine],
    [
      'Runner',
      `Docker ${result.runner.version}, kernel ${result.runner.kernel}, privileges ${snapshot.privileges?.rung ?? 'none'}`
    ],
    [
      'Warm-up',
      snapshot.trigger === 'application'
        ? 'none: the application took its checkpoint itself'
        : `${sent} ${sent === 1 ? 'request' : 'requests'}, ${failed} failed`
    ],
    [
      'Snapshot',
      snapshot.checkpointDuration === undefined
        ? megabytes(snapshot.size)
        : `${megabytes(snapshot.size)}, taken in ${time(snapshot.checkpointDuration)}`
    ],
    ['Cold start', time(proof.coldStart)],
    ['Restore', `${time(proof.restoreTime)} (${speedup(proof).toFixed(1)} times faster)`],
    ...published(result)
  ]
  return [
    '## CRaC checkpoint',
    '',
    table(rows),
    '',
    'Times are from the start of a container to the first good answer, one run each.',
    '',
    ...startIt(result),
    '> The image holds the memory of the running application, and with it every secret that the application had ' +
      'read. Treat it as you treat those secrets.',
    '',
    ...layers(result),
    ...phases(result)
  ].join('\n')
}

function renderCold(result: Cold): string {
  const { jdk } = result
  const rows: [string, string][] = [
    ['Application', result.application],
    ['JDK', `${jdk.asset.distribution} ${jdk.asset.version} (${jdk.asset.name})`],
    ['Snapshot', 'none'],
    ['Cold start', time(result.coldStart)],
    ...published(result)
  ]
  return [
    '## CRaC checkpoint: an image without a snapshot',
    '',
    'This runner takes no snapshots:',
    '',
    quote(result.reason),
    '',
    table(rows),
    '',
    ...startIt(result),
    ...layers(result),
    ...phases(result)
  ].join('\n')
}

function published({ tags, digest }: Checkpointed | Cold): [string, string][] {
  return [
    ['Tags', tags.join(' ') || 'none'],
    ['Digest', digest ?? 'not pushed']
  ]
}

function startIt(result: Checkpointed | Cold): string[] {
  const { run, compose, kubernetes } = instructions(result)
  const folded = (title: string, language: string, text: string): string[] => [
    `<details><summary>${title}</summary>`,
    '',
    `\`\`\`${language}`,
    text.trimEnd(),
    '```',
    '',
    '</details>',
    ''
  ]
  return [
    '**To start it:**',
    '',
    '```sh',
    run,
    '```',
    '',
    ...folded('With compose', 'yaml', compose),
    ...folded('With Kubernetes', 'yaml', kubernetes)
  ]
}

function layers({ layers }: Checkpointed | Cold): string[] {
  const rows = layers
    .filter(({ rawSize }) => rawSize >= 50_000)
    .map(({ createdBy, rawSize, size, sent }) => {
      const packed = size === undefined ? 'not pushed' : `${megabytes(size)}${sent ? '' : ', was there'}`
      return `| ${code(createdBy.slice(0, 100) || 'base image')} | ${megabytes(rawSize)} | ${packed} |`
    })
  const sum = (of: (layer: ImageLayer) => number): string =>
    megabytes(layers.reduce((total, layer) => total + of(layer), 0))
  const pushed = layers.some(({ size }) => size !== undefined)
    ? `${sum(({ size = 0, sent }) => (sent ? size : 0))} sent of ${sum(({ size = 0 }) => size)}`
    : 'not pushed'
  return [
    '<details><summary>Layers</summary>',
    '',
    '| layer | raw | at the registry |',
    '|---|---|---|',
    ...rows,
    `| together | ${sum(({ rawSize }) => rawSize)} | ${pushed} |`,
    '',
    '</details>',
    ''
  ]
}

function phases(result: Result): string[] {
  return [
    '<details><summary>Phases</summary>',
    '',
    '| phase | time |',
    '|---|---|',
    ...result.phases.map((phase) => `| ${phase.name} | ${time(phase.milliseconds)} |`),
    '',
    '</details>',
    ''
  ]
}

/** Text of others, as a block that no character of it can end. */
function quote(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 3)
  return [`${fence}text`, text, fence].join('\n')
}

/** The job summary of a run that failed. */
export function renderFailure(failure: Failure): string {
  return ['## CRaC checkpoint: failed', '', quote(describeFailure(failure)), ''].join('\n')
}

/** The first row is the head: Markdown knows no table without one. */
function table([head, ...rows]: [string, string][]): string {
  const line = ([name, value]: [string, string]): string => `| ${name} | ${code(value)} |`
  return [...(head ? [line(head), '|---|---|'] : []), ...rows.map(line)].join('\n')
}

function time(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

// A code span shows its content as it is: its fence must be longer than any in there, and a table needs its
// pipes escaped all the same.
function code(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1)
  const padding = fence.length > 1 ? ' ' : ''
  return `${fence}${padding}${text.replaceAll('|', '\\|').replace(/\s+/g, ' ')}${padding}${fence}`
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length))
}
