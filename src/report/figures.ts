import type { Checkpointed } from './result.js'
import type { Spread } from '../proof/figures.js'
import { megabytes } from '../lib/values.js'
import { time } from './markdown.js'

/** Row of the first table, in Markdown; `before` is the value of the image that the first tag has now. */
export interface Row {
  name: string
  now: string
  before?: string
  change?: string
}

/** Name of a normal start with the archive of classes. */
export const WITH_ARCHIVE = 'Cold start with archive'

/** Returns the measurements of the image, compared with those of the image that the first tag has now. */
export function figureRows({ proof: { figures, last }, snapshot, image }: Checkpointed): Row[] {
  const before = last?.figures
  const sizes = [compared('Snapshot', snapshot.size, before?.snapshotSize, megabytes)]
  if (image.archive)
    sizes.push(compared('Archive of classes', image.archive.size, before?.archive?.size, megabytes))
  if (!figures) return [{ name: 'Restore', now: 'works; not timed (`verify: false`)' }, ...sizes]
  const { answer, requests, speedup, archive } = figures
  return [
    compared('**Restore**', answer.restore.median, before?.restore.median, time, bold(answer.restore)),
    compared('Cold start', answer.coldStart.median, before?.coldStart.median, time, shown(answer.coldStart)),
    ...(archive
      ? [compared(WITH_ARCHIVE, archive.median, before?.archive?.start.median, time, shown(archive))]
      : []),
    compared('**Speed-up**', speedup, before?.speedup, times, `**${times(speedup)}**`),
    ...(requests
      ? [
          {
            name: `First ${requests.count} requests`,
            now: `${time(requests.restore.median)}; ${time(requests.coldStart.median)} after a cold start`
          }
        ]
      : []),
    ...sizes
  ]
}

/** Returns the note that says how the figures were measured. */
export function figureNotes({ proof: { figures, last } }: Checkpointed): string[] {
  if (!figures) return []
  const { length } = figures.restores
  const runs =
    length === 1
      ? 'one run of each'
      : `medians (with minimum and maximum) of ${length} runs of each, alternating`
  const comparison = last
    ? [
        'Before: the image that the first tag has now. Times of two runs may come from two machines; the speed-up compares times of one machine.'
      ]
    : []
  return [
    `<sub>From the start of a container to the first successful response: ${runs}, each in a fresh container with the flags below. ${comparison.join(' ')}</sub>`,
    ''
  ]
}

/** Returns a bar chart of cold start, cold start with archive, and restore, in the notation of Mermaid. */
export function figureChart({ proof: { figures } }: Checkpointed): string[] {
  if (!figures) return []
  const { restore, coldStart } = figures.answer
  const bars: [string, number][] = [
    ['cold start', coldStart.median],
    ...(figures.archive ? [['cold with archive', figures.archive.median] as [string, number]] : []),
    ['restore', restore.median]
  ]
  const times = bars.map(([, median]) => median)
  return [
    '```mermaid',
    '---',
    'config:',
    `  xyChart: { width: 800, height: ${80 + 60 * bars.length}, titleFontSize: 16 }`,
    '  themeVariables: { xyChart: { plotColorPalette: "#2da44e" } }',
    '---',
    'xychart-beta horizontal',
    '  title "From the start of a container to the first successful response, in ms"',
    `  x-axis [${bars.map(([name, median]) => `"${name}: ${median}"`).join(', ')}]`,
    `  y-axis 0 --> ${Math.max(...times)}`,
    `  bar [${times.join(', ')}]`,
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
