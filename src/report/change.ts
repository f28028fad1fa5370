import type { Checkpointed } from '../outputs.js'

/** What changed against the image that the first tag has at its registry; nothing where that is not known. */
export function renderChange({ figures, snapshot, last }: Checkpointed): string[] {
  if (!figures || !last) return []
  const before = last.figures
  const rows: [name: string, before: number, now: number, unit: string][] = [
    ['Restore', before.restore.median, figures.answer.restore.median, ' ms'],
    ['Cold start', before.coldStart.median, figures.answer.coldStart.median, ' ms'],
    ['Speed-up', before.speedup, figures.speedup, ' times'],
    ['Snapshot', before.snapshotSize / 1e6, snapshot.size / 1e6, ' MB']
  ]
  return [
    `Against the image that \`${last.tag}\` had before (\`${last.digest}\`):`,
    '',
    '| | before | now | change |',
    '|---|---|---|---|',
    ...rows.map(
      ([name, was, now, unit]) =>
        `| ${name} | ${shown(was)}${unit} | ${shown(now)}${unit} | ${percent(was, now)} |`
    ),
    '',
    'Times of two runs may be of two machines; the speed-up compares what one machine did side by side.',
    ''
  ]
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1)
}

function percent(before: number, now: number): string {
  const change = Math.round((now / before - 1) * 100)
  return `${change > 0 ? '+' : ''}${change} %`
}
