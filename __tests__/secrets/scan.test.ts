import { describe, expect, test } from '@jest/globals'
import { createCanary, plantsOf } from '../../src/secrets/scanner/canary.js'
import { FAMILIES } from '../../src/secrets/scanner/families.js'
import type { Family } from '../../src/secrets/scanner/family.js'
import { newFindings } from '../../src/secrets/scanner/findings.js'
import { createMatcher, type SecretMatcher, scan } from '../../src/secrets/scanner/scan.js'
import { needlesOf, type Canary, type Needle, type Secret } from '../../src/secrets/scanner/needles.js'
import { seeded } from '../support/seeded.js'

const random = seeded(42)
const KEY = Buffer.from('key of the digests')
/** A canary without escapes and keys, so that the windows are small. */
const canary: Canary = {
  name: 'canary',
  value: `Aa1${random.bytes(20).toString('hex')}`,
  others: [],
  plants: []
}
const ALNUM = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const SECRETS = [
  { name: 'DB_PASSWORD', value: `${random.text(10, ALNUM)}/+"é=` },
  { name: 'API_TOKEN', value: random.text(40, ALNUM) }
]

/** Returns the patterns that are a secret wherever they occur. */
function exactNeedles(secrets: readonly Secret[]): Needle[] {
  return needlesOf(secrets).needles.filter(({ confirmation }) => confirmation === undefined)
}

function* piecesOf(bytes: Buffer, largest: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const size = random.below(largest + 1)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

function matcherOf(secrets = SECRETS, families: readonly Family[] = []): SecretMatcher {
  return createMatcher({ secrets, canary, key: KEY, families })
}

describe('scan', () => {
  test('finds every pattern at every offset across the borders of its windows', async () => {
    const matcher = matcherOf()
    const step = 32
    for (const { secret, encoding, bytes } of exactNeedles(SECRETS)) {
      // One stream covers all offsets relative to the borders: each is one byte further.
      const stride = Math.ceil((bytes.length + 8) / step) * step + 1
      const places = Array.from({ length: step + 4 }, (_, index) => index * stride)
      const stream = random.bytes(stride * places.length)
      for (const place of places) bytes.copy(stream, place)
      const { findings } = await scan(piecesOf(stream, 50), matcher, step)
      const found = findings.find(
        (finding) => 'secret' in finding && finding.secret === secret && finding.encoding === encoding
      )
      expect(found).toEqual({ secret, encoding, count: places.length, offsets: places.slice(0, 5) })
    }
  })

  test('finds what a naive search finds, in 150 random streams', async () => {
    for (let round = 0; round < 150; round++) {
      const secrets = [
        { name: 'A', value: `aXbYc1${random.text(2 + random.below(20), 'abX1')}` },
        { name: 'B', value: `1aXbYc1${random.text(2 + random.below(4), 'abX1')}` }
      ]
      const needles = exactNeedles(secrets)
      const parts = Array.from({ length: random.below(30) }, () => {
        const { bytes } = needles[random.below(needles.length)] as { bytes: Buffer }
        return random.below(3) === 0
          ? random.bytes(random.below(40))
          : bytes.subarray(0, bytes.length - random.below(3))
      })
      const stream = Buffer.concat(parts)
      const { findings, bytes } = await scan(piecesOf(stream, 200), matcherOf(secrets), 1 + random.below(300))
      const counts = findings.map((finding) => [
        'secret' in finding ? finding.secret : finding.family,
        finding.encoding,
        finding.count
      ])
      const expected = new Map<string, [string, string, number]>()
      for (const needle of needles) {
        for (let at = stream.indexOf(needle.bytes); at >= 0; at = stream.indexOf(needle.bytes, at + 1)) {
          const key = `${needle.secret} ${needle.encoding}`
          expected.set(key, [needle.secret, needle.encoding, (expected.get(key)?.[2] ?? 0) + 1])
        }
      }
      expect(bytes).toBe(stream.length)
      expect(counts.sort()).toEqual([...expected.values()].sort())
    }
  })

  test('returns no value of secrets or tokens', async () => {
    const token = `ghp_${random.text(36, ALNUM)}`
    const canary = createCanary(random.bytes)
    const texts = [...SECRETS.map(({ value }) => value), canary.value, token]
    const stream = Buffer.concat([
      ...plantsOf(canary).map(({ bytes }) => bytes),
      ...texts.map((text) => Buffer.from(text))
    ])
    const matcher = createMatcher({ secrets: SECRETS, canary, key: KEY })
    const { findings } = await scan([stream], matcher)
    const names = new Set(findings.map((finding) => ('secret' in finding ? finding.secret : finding.family)))
    expect(names).toEqual(new Set(['DB_PASSWORD', 'API_TOKEN', canary.name, 'github-token']))
    const result = JSON.stringify(findings)
    for (const text of texts) {
      for (let at = 0; at + 6 <= text.length; at++) {
        expect(result).not.toContain(JSON.stringify(text.slice(at, at + 6)).slice(1, -1))
      }
    }
  })

  test('reads async streams, empty streams, and streams that end inside a secret', async () => {
    async function* stream(): AsyncIterable<Uint8Array> {
      await Promise.resolve()
      yield Buffer.from(`x${SECRETS[1]?.value}`)
    }
    expect((await scan(stream(), matcherOf())).findings).toEqual([
      { secret: 'API_TOKEN', encoding: 'utf-8', count: 1, offsets: [1] }
    ])
    expect(await scan([], matcherOf())).toEqual({ bytes: 0, findings: [], unlisted: 0, unconfirmed: 0 })
    expect((await scan([Buffer.from(SECRETS[1]?.value.slice(0, -1) ?? '')], matcherOf())).findings).toEqual(
      []
    )
  })

  test('lists the secrets that it does not search for', () => {
    expect(matcherOf([{ name: 'FLAG', value: 'true' }]).weak).toEqual([{ secret: 'FLAG', reason: 'short' }])
  })

  test('keeps a bounded number of findings, and counts the rest', async () => {
    const tokens = Array.from({ length: 4100 }, () => `npm_${random.text(36, ALNUM)}`)
    const { findings, unlisted } = await scan([Buffer.from(tokens.join(' '))], matcherOf([], FAMILIES))
    expect(findings).toHaveLength(4000)
    expect(unlisted).toBe(100)
  })
})

describe('newFindings', () => {
  test('omits tokens of the baseline, by their digest', async () => {
    const [old, fresh] = [random.text(36, ALNUM), random.text(36, ALNUM)]
    const matcher = matcherOf(SECRETS, FAMILIES)
    const secret = SECRETS[1]?.value
    const baseline = await scan([Buffer.from(`npm_${old} ${secret}`, 'utf16le')], matcher)
    const snapshot = await scan([Buffer.from(`npm_${old} npm_${fresh} ${secret}`)], matcher)
    expect(newFindings(snapshot.findings, baseline.findings)).toEqual([
      {
        family: 'npm-token',
        digest: matcher.digest(`npm_${fresh}`),
        encoding: 'latin-1',
        count: 1,
        offsets: [41]
      },
      { secret: 'API_TOKEN', encoding: 'utf-8', count: 1, offsets: [82] }
    ])
  })
})
