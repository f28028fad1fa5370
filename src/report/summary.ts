import { describeFailure, type Failure } from '../errors.js'
import type { ImageLayer } from '../image/layers.js'
import { answersOf, instructions, type Checkpointed, type Cold, type Result } from '../outputs.js'
import type { Spread } from '../restore/figures.js'
import { renderChange } from './change.js'
import { renderContent } from './content.js'
import { code, megabytes, quote, table, time } from './markdown.js'
import { secretsPart } from './secrets.js'

/** GitHub takes summaries of 1 MiB, and none that is longer; in bytes, with room for the note. */
const LONGEST_SUMMARY = 1024 * 1024 - 1024

/** A summary that GitHub takes: a longer one is cut, and says so. */
export function fitting(markdown: string): string {
  const bytes = Buffer.from(markdown)
  if (bytes.length <= LONGEST_SUMMARY) return markdown
  const end = bytes.lastIndexOf('\n', LONGEST_SUMMARY)
  const shown = bytes.subarray(0, end < 0 ? LONGEST_SUMMARY : end).toString('utf8')
  // The note stands first: the end may lie in a block of code.
  return `> This summary is cut: it has ${bytes.length} bytes, and GitHub shows 1 MiB at most.\n\n${shown}\n`
}

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
  const { snapshot, jdk, takenBy } = result
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
    ['Warm-up', `${sent} ${sent === 1 ? 'request' : 'requests'}, ${failed} failed`],
    ['Snapshot', `${megabytes(snapshot.size)}, taken in ${time(snapshot.checkpointDuration)}`],
    ...figures(result),
    ...published(result)
  ]
  return [
    '## CRaC checkpoint',
    '',
    table(rows),
    '',
    ...explained(result),
    ...renderChange(result),
    ...startIt(result),
    ...secretsPart(result.secrets),
    ...renderContent(result.reading?.content, snapshot.statistics),
    ...layers(result),
    ...phases(result)
  ].join('\n')
}

function figures({ figures }: Checkpointed): [string, string][] {
  if (!figures) return [['Restore', 'works; not timed (`verify` is false)']]
  const { answer, requests, speedup } = figures
  return [
    ['Cold start', spread(answer.coldStart)],
    ['Restore', spread(answer.restore)],
    ['Speed-up', `${speedup.toFixed(1)} times`],
    ...(requests
      ? ([
          [
            `First ${requests.count} requests`,
            `${time(requests.restore.median)} restored, ${time(requests.coldStart.median)} after a cold start`
          ]
        ] as [string, string][])
      : [])
  ]
}

function explained({ figures }: Checkpointed): string[] {
  if (!figures) return []
  const { length } = figures.restores
  const runs =
    length === 1
      ? 'one run of each'
      : `medians (from the least to the most) of ${length} runs of each, by turns`
  return [
    `Times are from the start of a container to the first good answer: ${runs}, each in a fresh container with the flags below.`,
    ''
  ]
}

function renderCold(result: Cold): string {
  const { jdk } = result
  const rows: [string, string][] = [
    ['Application', result.application],
    ['JDK', `${jdk.asset.distribution} ${jdk.asset.version} (${jdk.asset.name})`],
    ['Snapshot', 'none'],
    ['Cold start', spread(answersOf(result.coldStarts))],
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
    ...secretsPart(result.secrets),
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

/** The job summary of a run that failed. */
export function renderFailure(failure: Failure): string {
  return ['## CRaC checkpoint: failed', '', quote(describeFailure(failure)), ''].join('\n')
}

function spread({ minimum, median, maximum }: Spread): string {
  return minimum === maximum ? time(median) : `${time(median)} (${time(minimum)} to ${time(maximum)})`
}
