import { describe, expect, test } from '@jest/globals'
import { asJson, asMarkdown, type Measured, type Report } from '../../bench/report.js'

describe('the report of the measurements', () => {
  const target = { claim: 'twice as fast', limit: 0.5, why: 'the proof' }
  const measured: Measured = {
    letter: 'a',
    title: 'one against the other',
    conditions: ['The same on both sides.'],
    rounds: 3,
    seconds: 9,
    rows: [
      { name: 'one', unit: 'ms', values: [300, 100, 200] },
      { name: 'its size', unit: 'bytes', values: [1_500_000] }
    ],
    targets: [
      { ...target, ratio: 0.4 },
      { ...target, ratio: 0.6 }
    ]
  }
  const report: Report = {
    date: '2026-01-31',
    machine: { cpu: 'a CPU', cores: 2, memoryMB: 1024, loadAtBegin: 0.1, node: 'v20.0.0' },
    parts: { engine: 'real' },
    minutes: 1,
    measurements: [measured, { ...measured, letter: 'b', rows: [], targets: [], error: 'the disk is full' }]
  }

  test('says of each target whether it holds, and why not', () => {
    expect(asMarkdown(report)).toContain('| a | twice as fast | 0.40 | 0.5 | yes |')
    expect(asMarkdown(report)).toContain('| a | twice as fast | 0.60 | 0.5 | **no**: the proof |')
  })

  test('shows median, least and most', () => {
    expect(asMarkdown(report)).toContain('| one | 200 ms | 100 ms | 300 ms | 3 |')
    expect(asMarkdown(report)).toContain('| its size | 1.50 MB | 1.50 MB | 1.50 MB | 1 |')
  })

  test('says what was not measured, and why', () => {
    expect(asMarkdown(report)).toContain('Not measured:\n\n```\nthe disk is full\n```')
  })

  test('has the same for programs, with the values', () => {
    const parsed = JSON.parse(asJson(report)) as { measurements: { rows: object[]; targets: object[] }[] }
    expect(parsed.measurements[0]?.rows[0]).toEqual({
      name: 'one',
      unit: 'ms',
      values: [300, 100, 200],
      median: 200
    })
    expect(parsed.measurements[0]?.targets).toEqual([
      { ...target, ratio: 0.4, holds: true },
      { ...target, ratio: 0.6, holds: false }
    ])
  })
})
