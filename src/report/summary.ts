import { describeFailure, type Failure } from '../errors.js'
import { speedup, type Result } from '../outputs.js'
import { runInstructions } from './instructions.js'

/** The job summary of a run that worked, as GitHub-flavoured Markdown. */
export function renderSummary(result: Result, port: number): string {
  const { snapshot, proof, jdk } = result
  const image = result.digest
    ? `${repositoryOf(result.tags[0] ?? '')}@${result.digest}`
    : (result.tags[0] ?? result.imageId)
  const rows: [string, string][] = [
    ['Application', result.application],
    ['JDK', `${jdk.asset.distribution} ${jdk.asset.version} (${jdk.asset.name})`],
    ['CRIU', `${snapshot.criuVersion ?? 'unknown'}, kernel ${result.runner.kernel}`],
    ['Snapshot', `${megabytes(snapshot.size)}, taken in ${time(snapshot.checkpointDuration)}`],
    ['Cold start', time(proof.coldStart)],
    ['Restore', `${time(proof.restoreTime)} (${speedup(proof).toFixed(1)} times faster)`],
    ['Tags', result.tags.join(' ') || 'none'],
    ['Digest', result.digest ?? 'not pushed']
  ]
  return [
    '## CRaC checkpoint',
    '',
    table(rows),
    '',
    'Times are from the start of a container to the first good answer, one run each.',
    '',
    '**To start it:**',
    '',
    '```sh',
    runInstructions(image, port),
    '```',
    '',
    '> The image holds the memory of the running application, and with it every secret that the application had ' +
      'read. Treat it as you treat those secrets.',
    '',
    '<details><summary>Phases</summary>',
    '',
    '| phase | time |',
    '|---|---|',
    ...result.phases.map((phase) => `| ${phase.name} | ${time(phase.milliseconds)} |`),
    '',
    '</details>',
    ''
  ].join('\n')
}

/** The job summary of a run that failed. */
export function renderFailure(failure: Failure): string {
  const fence = '`'.repeat(longestRun(describeFailure(failure)) + 3)
  return ['## CRaC checkpoint: failed', '', `${fence}text`, describeFailure(failure), fence, ''].join('\n')
}

/** The first row is the head: Markdown knows no table without one. */
function table([head, ...rows]: [string, string][]): string {
  const line = ([name, value]: [string, string]): string => `| ${name} | ${code(value)} |`
  return [...(head ? [line(head), '|---|---|'] : []), ...rows.map(line)].join('\n')
}

function repositoryOf(tag: string): string {
  return tag.replace(/:[^/:]*$/, '')
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
