import { describe, expect, test } from '@jest/globals'
import { createCanary, plantsOf, proveScanner } from '../../src/secrets/scanner/canary.js'
import { createMatcher, type SecretMatcher } from '../../src/secrets/scanner/scan.js'
import { needlesOfCanary } from '../../src/secrets/scanner/needles.js'
import { seeded } from '../support/seeded.js'

const random = seeded(7)
const matcher = createMatcher({ secrets: [], canary: createCanary(random.bytes), key: Buffer.from('key') })

/** Returns the matcher without the patterns that it does not see. */
function seeing(isSeen: (pattern: number) => boolean): SecretMatcher {
  const { search } = matcher
  const run: typeof search.run = (bytes, found) =>
    search.run(bytes, (pattern, at) => {
      if (isSeen(pattern)) found(pattern, at)
    })
  return { ...matcher, search: { ...search, run } }
}

describe('proveScanner', () => {
  test('finds 20 different canaries in every encoding', async () => {
    for (let run = 0; run < 20; run++) {
      const other = createMatcher({
        secrets: [],
        canary: createCanary(random.bytes),
        key: Buffer.from('key')
      })
      await expect(proveScanner(other, random.bytes)).resolves.toBeUndefined()
    }
  })

  test('tests every encoding that is searched for', () => {
    const planted = plantsOf(matcher.canary).map(({ encoding }) => encoding)
    const searched = needlesOfCanary(matcher.canary).map(({ encoding }) => encoding)
    expect(new Set(planted)).toEqual(new Set(searched))
  })

  test.each([
    'utf-16le',
    'base64url',
    'json in latin-1',
    'piece in utf-8',
    'escaped',
    'base64 in lines',
    'base64 of utf-16le',
    'decoded base64',
    'decoded hex',
    'decoded PEM',
    'number of the key',
    'number of the key, little-endian',
    'number of the key in BigInteger'
  ])('fails for a scanner that misses %s', async (encoding) => {
    const isSeen = matcher.origins.map(
      (origin) => !('needle' in origin && origin.needle.encoding === encoding)
    )
    await expect(proveScanner(seeing((pattern) => isSeen[pattern] === true))).rejects.toMatchObject({
      category: 'internal',
      message: `The scan for secrets failed its self-test: it missed a test value encoded as ${encoding}.`
    })
  })

  test('fails for a scanner that misses one of the three phases of base64', async () => {
    const first = matcher.origins.findIndex(
      (origin) => 'needle' in origin && origin.needle.encoding === 'base64'
    )
    await expect(proveScanner(seeing((pattern) => pattern !== first))).rejects.toThrow('encoded as base64.')
  })
})

test('createCanary returns a different value each time', () => {
  expect(createCanary().value).not.toBe(createCanary().value)
})
