import { describe, expect, test } from '@jest/globals'
import { createCanary, plantsOf, proveScanner } from '../../src/secrets/canary.js'
import { createMatcher, type Matcher } from '../../src/secrets/matcher.js'
import { needlesOf } from '../../src/secrets/needles.js'
import { seeded } from '../support/seeded.js'

const random = seeded(7)
const matcher = createMatcher({ secrets: [], canary: createCanary(random.bytes), key: Buffer.from('key') })

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

  test('plants every encoding that is searched for', () => {
    const planted = plantsOf(matcher.canary).map(({ encoding }) => encoding)
    const searched = needlesOf([matcher.canary]).needles.map(({ encoding }) => encoding)
    expect(new Set(planted)).toEqual(new Set(searched))
  })

  test.each(['utf-16le', 'base64url', 'json in latin-1', 'piece in utf-8'])(
    'does not trust a scanner that is blind to %s',
    async (encoding) => {
      const isSeen = matcher.targets.map(
        (target) => !('needle' in target && target.needle.encoding === encoding)
      )
      const blind: Matcher = {
        ...matcher,
        search: {
          ...matcher.search,
          run: (bytes, found) =>
            matcher.search.run(bytes, (pattern, at) => {
              if (isSeen[pattern]) found(pattern, at)
            })
        }
      }
      await expect(proveScanner(blind)).rejects.toMatchObject({
        category: 'internal',
        message: `The scan for secrets cannot be trusted: it missed a value that was planted as ${encoding}.`
      })
    }
  )

  test('does not trust a scanner that misses one of the three ways in which base64 lies', async () => {
    const first = matcher.targets.findIndex(
      (target) => 'needle' in target && target.needle.encoding === 'base64'
    )
    const blind: Matcher = {
      ...matcher,
      search: {
        ...matcher.search,
        run: (bytes, found) =>
          matcher.search.run(bytes, (pattern, at) => {
            if (pattern !== first) found(pattern, at)
          })
      }
    }
    await expect(proveScanner(blind)).rejects.toThrow('planted as base64.')
  })
})

test('each canary is another one', () => {
  expect(createCanary().value).not.toBe(createCanary().value)
})
