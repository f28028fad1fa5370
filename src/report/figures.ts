import type { Checkpointed } from './result.js'
import type { Spread } from '../proof/figures.js'
import { megabytes } from '../lib/values.js'
import { time } from './markdown.js'

/** A line of the table that a busy reader needs: what it is, now, and where it is known before. Markdown. */
export interface Row {
  name: string
  now: string
  before?: string
  change?: string
}

/** What was measured of the image, beside what the image of the first tag had. */
export function figureRows({ proof: { figures, last }, snapshot }: Checkpointed): Row[] {
  const before = last?.figures
  const size = compared('Snapshot', snapshot.size, before?.snapshotSize, megabytes)
  if (!figures) return [{ name: 'Restore', now: 'works; not timed (`verify: false`)' }, size]
  const { answer, requests, speedup } = figures
  return [
    compared('**Restore**', answer.restore.median, before?.restore.median, time, bold(answer.restore)),
    compared('Cold start', answer.coldStart.median, before?.coldStart.median, time, shown(answer.coldStart)),
    compared('**Speed-up**', speedup, before?.speedup, times, `**${times(speedup)}**`),
    ...(requests
      ? [
          {
            name: `First ${requests.count} requests`,
            now: `${time(requests.restore.median)}; ${time(requests.coldStart.median)} after a cold start`
          }
        ]
      : []),
    size
  ]
}

/** How the figures came about. */
export function figureNotes({ proof: { figures, last } }: Checkpointed): string[] {
  if (!figures) return []
  const { length } = figures.restores
  const runs =
    length === 1
      ? 'one run of each'
      : `medians (from the least to the most) of ${length} runs of each, by turns`
  const comparison = last
    ? [
        'Before: the image that the first tag had. Times of two runs may be of two machines; the speed-up compares what one machine did side by side.'
      ]
    : []
  return [
    `<sub>From the start of a container to the first good answer: ${runs}, each in a fresh container with the flags below. ${comparison.join(' ')}</sub>`,
    ''
  ]
}

/** Cold start and restore, as bars that GitHub draws. */
export function figureChart({ proof: { figures } }: Checkpointed): string[] {
  if (!figures) return []
  const { restore, coldStart } = figures.answer
  const most = Math.max(restore.median, coldStart.median)
  return [
    '```mermaid',
    '---',
    'config:',
    '  xyChart: { width: 800, height: 200, titleFontSize: 16 }',
    '  themeVariables: { xyChart: { plotColorPalette: "#2da44e" } }',
    '---',
    'xychart-beta horizontal',
    '  title "From the start of a container to the first good answer, in ms"',
    `  x-axis ["cold start: ${coldStart.median}", "restore: ${restore.median}"]`,
    `  y-axis 0 --> ${most}`,
    `  bar [${coldStart.median}, ${restore.median}]`,
    '```',
    ''
  ]
}

function compared(
  name: string,
  now: number,
  before: number | undefined,
  show: (value: number) => string,
  text = show(now)
): Row {
  if (before === undefined) return { name, now: text }
  const percent = Math.round((now / before - 1) * 100)
  return { name, now: text, before: show(before), change: `${percent > 0 ? '+' : ''}${percent} %` }
}

function bold(spread: Spread): string {
  const [median = '', ...range] = shown(spread).split(' (')
  return [`**${median}**`, ...range].join(' (')
}

export function shown({ minimum, median, maximum }: Spread): string {
  return minimum === maximum ? time(median) : `${time(median)} (${time(minimum)} to ${time(maximum)})`
}

function times(ratio: number): string {
  return `${ratio.toFixed(1)} times`
}
