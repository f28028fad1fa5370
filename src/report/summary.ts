import { describeFailure, type Failure } from '../lib/errors.js'
import { megabytes } from '../lib/values.js'
import { answersOf } from '../proof/figures.js'
import { REFUSED, UNSUPPORTED } from '../inputs/without-snapshot.js'
import type { Checkpointed, Cold, Result } from './result.js'
import { renderContent } from './content.js'
import { figureChart, figureNotes, figureRows, shown, WITH_ARCHIVE, type Row } from './figures.js'
import { instructions } from './instructions.js'
import { layerTable, pushedSize } from './layers.js'
import { code, folded, quote, table, time } from './markdown.js'
import { secretsPart } from './secrets.js'
import { timeline } from './timeline.js'

/** Maximum size of a summary, in bytes: GitHub accepts 1 MiB; the rest is for the note that it was cut. */
const LONGEST_SUMMARY = 1024 * 1024 - 1024

/** Returns a summary that GitHub accepts: a longer one is cut, with a note. */
export function fitting(markdown: string): string {
  const bytes = Buffer.from(markdown)
  if (bytes.length <= LONGEST_SUMMARY) return markdown
  const end = bytes.lastIndexOf('\n', LONGEST_SUMMARY)
  const shown = bytes.subarray(0, end < 0 ? LONGEST_SUMMARY : end).toString('utf8')
  // The note is at the beginning, because the cut may be inside a code block.
  return `> This summary is cut: it has ${bytes.length} bytes, and GitHub shows 1 MiB at most.\n\n${shown}\n`
}

/** Returns the job summary of a run that did not fail, in GitHub-flavoured Markdown. */
export function renderSummary(result: Result): string {
  switch (result.outcome) {
    case 'checkpointed':
      return renderCheckpointed(result)
    case 'cold':
      return renderCold(result)
    case 'unchanged':
      return [
        '## CRaC checkpoint: unchanged',
        '',
        `All tags have an image with the same fingerprint: ${code(result.digest)}.`,
        ''
      ].join('\n')
    case 'skipped':
      return [
        '## CRaC checkpoint: skipped',
        '',
        `${UNSUPPORTED}:`,
        '',
        quote(describeFailure(result.why)),
        ''
      ].join('\n')
  }
}

function renderCheckpointed(result: Checkpointed): string {
  const { image, snapshot, reading, publication } = result
  const { figures } = result.proof
  const fast =
    figures &&
    `: starts in ${time(figures.answer.restore.median)}, ${figures.speedup.toFixed(1)} times faster`
  const needs = image.privileges
    ? 'A restore needs the capabilities and the seccomp profile of this command. Without them the image starts normally.'
    : 'A restore needs no privileges.'
  return [
    `## CRaC checkpoint${fast ?? ''}`,
    '',
    ...rowTable([...figureRows(result), ...imageRows(result)]),
    '',
    ...figureNotes(result),
    ...warnings(result),
    ...secretsPart(publication.secrets),
    ...figureChart(result),
    ...startIt(result, needs),
    ...folded('Parts of the image', table(parts(result))),
    ...renderContent(reading?.content, snapshot.statistics),
    ...folded('Layers', ...layerTable(publication.layers)),
    ...timeline(result.steps)
  ].join('\n')
}

function renderCold(result: Cold): string {
  return [
    '## CRaC checkpoint: an image without a snapshot',
    '',
    `${result.refused ? REFUSED : UNSUPPORTED}:`,
    '',
    quote(describeFailure(result.why)),
    '',
    ...rowTable([...coldRows(result), ...imageRows(result)]),
    '',
    ...warnings(result),
    ...secretsPart(result.publication.secrets),
    ...startIt(result, 'The image needs no privileges.'),
    ...folded('Parts of the image', table(commonParts(result))),
    ...folded('Layers', ...layerTable(result.publication.layers)),
    ...timeline(result.steps)
  ].join('\n')
}

function coldRows({ coldStarts, archiveStarts, image: { archive } }: Cold): Row[] {
  return [
    { name: 'Cold start', now: shown(answersOf(coldStarts)) },
    ...(archiveStarts.length > 0 ? [{ name: WITH_ARCHIVE, now: shown(answersOf(archiveStarts)) }] : []),
    ...(archive ? [{ name: 'Archive of classes', now: megabytes(archive.size) }] : [])
  ]
}

function rowTable(rows: readonly Row[]): string[] {
  const compared = rows.some(({ before }) => before !== undefined)
  const line = ({ name, now, before = '', change = '' }: Row): string =>
    compared ? `| ${name} | ${now} | ${before} | ${change} |` : `| ${name} | ${now} |`
  const head = { name: '', now: compared ? 'now' : '', before: 'before', change: 'change' }
  return [line(head), compared ? '|---|---|---|---|' : '|---|---|', ...rows.map(line)]
}

function imageRows({ publication: { tags, digest, layers } }: Checkpointed | Cold): Row[] {
  return [
    { name: 'Image', now: pushedSize(layers) ?? 'not pushed' },
    { name: 'Tags', now: tags.length > 0 ? tags.map(code).join('<br>') : 'none' },
    ...(digest === undefined ? [] : [{ name: 'Digest', now: code(digest) }])
  ]
}

/** Returns the warnings of the run, without that about the missing snapshot, which the summary begins with. */
function warnings({ warnings }: Checkpointed | Cold): string[] {
  const others = warnings.filter((line) => ![REFUSED, UNSUPPORTED].some((begin) => line.startsWith(begin)))
  return others.flatMap((warning) => ['> [!WARNING]', `> ${code(warning.split('\n')[0] ?? '')}`, ''])
}

/** Returns the parts of the image and how the snapshot was taken; the first row is the head of the table. */
function parts(result: Checkpointed): [string, string][] {
  const { snapshot, engine, runner } = result
  const { sent, failed } = snapshot.warmUp
  return [
    ...commonParts(result),
    ['Taken by', engine.name === 'criu' ? `CRIU ${engine.version} (${engine.kind}: ${engine.why})` : 'Warp'],
    ...(snapshot.checkpointDuration === undefined
      ? []
      : ([['Taken in', time(snapshot.checkpointDuration)]] as [string, string][])),
    [
      'Runner',
      `Docker ${runner.version}, kernel ${runner.kernel}, privileges ${snapshot.privileges?.level ?? 'none'}`
    ],
    [
      'Warm-up',
      snapshot.trigger === 'application'
        ? 'none: the application took its checkpoint itself'
        : `${sent} ${sent === 1 ? 'request' : 'requests'}, ${failed} failed`
    ]
  ]
}

function commonParts({ application, jdk, baseImage }: Checkpointed | Cold): [string, string][] {
  const { distribution, version, name } = jdk.asset
  return [
    ['Application', application],
    ['JDK', `${distribution} ${version} (${name})`],
    ['Base image', baseImage]
  ]
}

const MORE_FOR_KUBERNETES =
  'The outputs `kustomize`, `helm-values`, `seccomp-profile` and `openshift` have the same for Kustomize and Helm, and what the cluster needs.'

function startIt(result: Checkpointed | Cold, needs: string): string[] {
  const { run, compose, kubernetes } = instructions(result)
  const block = (language: string, text: string): string[] => [`\`\`\`${language}`, text.trimEnd(), '```']
  return [
    '**Start the image:**',
    '',
    ...block('sh', run),
    '',
    needs,
    '',
    ...folded('With compose', ...block('yaml', compose)),
    ...folded('With Kubernetes', ...block('yaml', kubernetes), '', MORE_FOR_KUBERNETES)
  ]
}

export function renderFailure(failure: Failure): string {
  return ['## CRaC checkpoint: failed', '', quote(describeFailure(failure)), ''].join('\n')
}
