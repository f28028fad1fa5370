import { describe, expect, test } from '@jest/globals'
import { Response } from 'undici'
import { isRateLimited, retryTime, PATIENCE, patienceOf } from '../../src/http/retry.js'

const responseWith = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(null, { status, headers })

describe('retryTime', () => {
  test('parses seconds, a date, and the reset time of GitHub', () => {
    const date = 'Wed, 01 Jan 2031 00:00:00 GMT'
    expect(retryTime(responseWith(429, { 'retry-after': date }))?.toISOString()).toBe(
      '2031-01-01T00:00:00.000Z'
    )
    const seconds = retryTime(responseWith(429, { 'retry-after': '60' }))
    expect(Math.abs((seconds?.getTime() ?? 0) - Date.now() - 60_000)).toBeLessThan(1000)
    const reset = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1893456000' }
    expect(retryTime(responseWith(403, reset))?.toISOString()).toBe('2030-01-01T00:00:00.000Z')
  })

  test.each<Record<string, string>>([
    {},
    { 'retry-after': 'soon' },
    { 'retry-after': '-1e400' },
    { 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '1893456000' },
    { 'x-ratelimit-remaining': '0' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'never' },
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9e99' }
  ])('returns undefined for %j', (headers) => {
    expect(retryTime(responseWith(403, headers))).toBeUndefined()
  })
})

test.each([
  [403, {}, false],
  [403, { 'x-ratelimit-remaining': '0' }, true],
  [403, { 'retry-after': '5' }, true],
  [429, {}, true],
  [200, { 'x-ratelimit-remaining': '0' }, false]
] as [number, Record<string, string>, boolean][])(
  '%d with %j is a rate limit: %p',
  (status, headers, limited) => {
    expect(isRateLimited(responseWith(status, headers))).toBe(limited)
  }
)

test('patienceOf scales the default patience, and ignores an invalid factor', () => {
  expect(patienceOf({ CRAC_CHECKPOINT_PATIENCE: '0.5' }).tryTimeout).toBe(15_000)
  for (const nonsense of [undefined, '', '-1', 'x']) {
    expect(patienceOf({ CRAC_CHECKPOINT_PATIENCE: nonsense })).toEqual(PATIENCE)
  }
})
