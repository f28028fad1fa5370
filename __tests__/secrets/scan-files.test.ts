import { describe, expect, test } from '@jest/globals'
import { createCanary } from '../../src/secrets/scanner/canary.js'
import { createMatcher, type SecretMatcher } from '../../src/secrets/scanner/scan.js'
import { scanFiles } from '../../src/secrets/scan-files.js'
import { seeded } from '../support/seeded.js'

const random = seeded(7)
const value = 'tr0ub4dor&3-and-more'
const matcher = createMatcher({
  secrets: [{ name: 'DB_PASSWORD', value }],
  canary: createCanary(random.bytes),
  key: Buffer.from('key')
})

describe('scanFiles', () => {
  test('returns the file, the part of the file, the count, and the size of each file', async () => {
    const large = Buffer.alloc(9_000_000)
    large.write(value, 5_000_000)
    large.write(value, 8_999_000)
    const files = [
      { name: '/tmp/a', bytes: [Buffer.from(`x${value}y${value}`)] },
      { name: '/tmp/b', bytes: [] },
      { name: '/tmp/c', bytes: [large.subarray(0, 100)] },
      { name: '/tmp/c', continued: true, bytes: [large.subarray(100)] }
    ]
    const { findings, sizes, bytes } = await scanFiles(files, matcher, {
      locate: (file, offset) => (file === '/tmp/c' ? `at ${offset}` : undefined),
      measured: (file) => file !== '/tmp/a'
    })
    expect(bytes).toBe(2 + 2 * value.length + large.length)
    const encoding = { secret: 'DB_PASSWORD', encoding: 'utf-8' }
    expect(findings).toMatchObject([
      { ...encoding, location: { file: '/tmp/a', mapping: undefined }, count: 2 },
      { ...encoding, location: { file: '/tmp/c', mapping: 'at 4999900' }, count: 1 },
      { ...encoding, location: { file: '/tmp/c', mapping: 'at 8998900' }, count: 1 }
    ])
    expect([...sizes]).toEqual([
      ['/tmp/b', 0],
      ['/tmp/c', large.length]
    ])
  })

  test('finds no match that extends from one file into the next', async () => {
    const half = value.length / 2
    const files = [
      { name: 'a', bytes: [Buffer.from(value.slice(0, half))] },
      { name: '', bytes: [Buffer.from(value.slice(half))] }
    ]
    expect((await scanFiles(files, matcher)).findings).toEqual([])
  })

  test('finds a file name that contains a secret, and withholds it', async () => {
    const { findings } = await scanFiles(
      [{ name: `/tmp/${value}.log`, bytes: [Buffer.from(value)] }],
      matcher
    )
    const file = '(a file name that contains the secret)'
    expect(findings.map(({ location }) => location)).toEqual([
      { file, mapping: 'its name' },
      { file, mapping: undefined }
    ])
  })

  test('fails if the scanner does not find the canary', async () => {
    const blind: SecretMatcher = { ...matcher, search: { ...matcher.search, run: () => undefined } }
    await expect(scanFiles([], blind)).rejects.toMatchObject({ category: 'internal' })
  })

  test('reports a secret even if there are too many tokens to list', async () => {
    const tokens = Array.from(
      { length: 4500 },
      () => `ghp_${random.text(36, 'abcdefghijkmnpqrstuvwxyz23456789')}\n`
    )
    const bytes = [Buffer.from(tokens.join('')), Buffer.from(value)]
    const { findings, unlisted } = await scanFiles([{ name: 'a', bytes }], matcher)
    expect(findings.filter((finding) => 'secret' in finding)).toHaveLength(1)
    expect(unlisted).toBeGreaterThan(0)
  })
})
