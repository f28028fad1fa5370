import { describe, expect, test } from '@jest/globals'
import { secretsPart } from '../../src/report/secrets.js'
import { secretFailure, type FoundSecret, type SecretReport } from '../../src/secrets/report.js'

describe('secrets in the report', () => {
  const file = '/opt/crac-checkpoint/snapshot/pages-1.img'
  const found: FoundSecret = {
    name: 'env DB_PASSWORD',
    known: true,
    occurrences: [
      { file, mapping: 'Java heap', encoding: 'utf-8', count: 3 },
      { file, mapping: 'Java heap', encoding: 'base64', count: 1 },
      { file: '/tmp/```\n::error::x', mapping: undefined, encoding: 'utf-8', count: 1 }
    ]
  }
  const report = (changes: Partial<SecretReport> = {}): SecretReport => ({
    mode: 'warn',
    bytes: 400_000_000,
    searched: ['env DB_PASSWORD'],
    notSearched: ['env PIN (short)'],
    found: [],
    unopened: { count: 0, names: [] },
    untrusted: undefined,
    ...changes
  })

  test('a failure names the secrets, and in its evidence the places', () => {
    const { message, fix, evidence } = secretFailure(report({ found: [found] }))
    expect(message).toBe('A secret is in the image: env DB_PASSWORD. Nothing was pushed.')
    expect(fix).toContain('afterRestore')
    expect(evidence).toBe(
      `env DB_PASSWORD: ${file} (Java heap): 3 x utf-8, 1 x base64\n` +
        'env DB_PASSWORD: /tmp/``` ::error::x: 1 x utf-8'
    )
  })

  test('places without number are counted', () => {
    const many = {
      ...found,
      occurrences: Array.from({ length: 100 }, (_, index) => ({
        file: `/tmp/${index}`,
        mapping: undefined,
        encoding: 'utf-8',
        count: 1
      }))
    }
    const lines = secretFailure(report({ found: [many] })).evidence?.split('\n') ?? []
    expect(lines).toHaveLength(41)
    expect(lines.at(-1)).toBe('... and 60 more places')
  })

  test('the summary says what was searched for, what was found, and what proves nothing', () => {
    const text = (changes: Partial<SecretReport>): string => secretsPart(report(changes)).join('\n')
    expect(text({})).toContain('none found in the 400 MB')
    expect(text({})).toContain('env PIN (short)')
    expect(text({ found: [found] })).toMatch(/^\*\*Secrets:\*\* A secret is in the image[^]*Java heap/)
    // No file name ends the block that it stands in.
    expect(text({ found: [found] }).match(/^`{3,}/gm)).toHaveLength(2)
    const incomplete = text({ untrusted: '<img src=x> [link](y)', found: [found] })
    expect(incomplete).toContain('is incomplete: `<img src=x> [link](y)`.')
    expect(incomplete).toContain('A secret is in the image')
    expect(text({ untrusted: 'no pages' })).not.toContain('none found')
    expect(text({ unopened: { count: 3, names: ['/a.7z (x)'] } })).toMatch(
      /3 archives in the image were not searched, or not to the end: \/a\.7z \(x\), and 2 more\./
    )
    expect(text({ mode: 'off' })).toContain('`secret-scan: off`')
  })
})
