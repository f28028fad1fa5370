import { cpus, totalmem } from 'node:os'
import { holds, type Finding, type Measurement, type Row } from './bench.js'
import { median } from './rounds.js'

export interface Report {
  date: string
  machine: { cpu: string; cores: number; memoryMB: number; loadAtBegin: number; node: string }
  /** Part → what it is. */
  parts: Record<string, string>
  minutes: number
  measurements: Measured[]
}

export interface Measured extends Finding, Pick<Measurement, 'title' | 'conditions'> {
  letter: string
  rounds: number
  seconds: number
  /** Why there are no figures. */
  error?: string
}

export function machine(loadAtBegin: number): Report['machine'] {
  const [first] = cpus()
  return {
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryMB: Math.round(totalmem() / 1024 / 1024),
    loadAtBegin: Number(loadAtBegin.toFixed(1)),
    node: process.version
  }
}

/** The report for programs: the same, with the median beside the values. */
export function asJson(report: Report): string {
  const measurements = report.measurements.map(({ rows, targets, ...rest }) => ({
    ...rest,
    rows: rows.map((row) => ({ ...row, median: median(row.values) })),
    targets: targets.map((target) => ({ ...target, holds: holds(target) }))
  }))
  return `${JSON.stringify({ ...report, measurements }, undefined, 2)}\n`
}

/** The report for people. */
export function asMarkdown(report: Report): string {
  const { machine, parts } = report
  const targets = report.measurements.flatMap((measured) =>
    measured.targets.map((target) => ({ ...target, letter: measured.letter }))
  )
  return [
    '# Measurements',
    '',
    `${report.date}, ${report.minutes.toFixed(1)} minutes, on ${machine.cores} × ${machine.cpu} with ${machine.memoryMB} MB, Node ${machine.node}; load at the beginning ${machine.loadAtBegin}.`,
    'Each measurement lets its sides take turns; what counts is the ratio of medians, not the milliseconds.',
    '',
    ...Object.entries(parts).map(([part, what]) => `- ${part}: ${what}`),
    '',
    '## Targets',
    '',
    '| | target | measured | at most | holds |',
    '|---|---|--:|--:|---|',
    ...targets.map(
      (target) =>
        `| ${target.letter} | ${target.claim} | ${target.ratio.toFixed(2)} | ${target.limit} | ${holds(target) ? 'yes' : `**no**${target.why ? `: ${target.why}` : ''}`} |`
    ),
    ...report.measurements.flatMap(section),
    ''
  ].join('\n')
}

function section(measured: Measured): string[] {
  return [
    '',
    `## ${measured.letter}: ${measured.title}`,
    '',
    ...measured.conditions.map((condition) => `- ${condition}`),
    ...(measured.notes ?? []).map((note) => `- ${note}`),
    '',
    ...(measured.error === undefined
      ? table(measured.rows)
      : ['Not measured:', '', '```', measured.error, '```'])
  ]
}

function table(rows: Row[]): string[] {
  return [
    '| | median | least | most | rounds |',
    '|---|--:|--:|--:|--:|',
    ...rows.map(({ name, unit, values }) => {
      const figures = [median(values), Math.min(...values), Math.max(...values)]
      return `| ${name} | ${figures.map((figure) => shown(figure, unit)).join(' | ')} | ${values.length} |`
    })
  ]
}

function shown(figure: number, unit: Row['unit']): string {
  return unit === 'ms' ? `${figure.toFixed(figure < 100 ? 1 : 0)} ms` : `${(figure / 1e6).toFixed(2)} MB`
}
