import { describe, expect, test } from '@jest/globals'
import { EXPIRED, systemClock, within } from '../../src/lib/clock.js'

describe('within', () => {
  test('gives what the work gives, or that it took too long', async () => {
    expect(await within(Promise.resolve(1), 1000, systemClock)).toBe(1)
    expect(await within(new Promise(() => undefined), 5, systemClock)).toBe(EXPIRED)
  })

  test('leaves no timer behind', async () => {
    let timers = 0
    const clock = {
      ...systemClock,
      sleep: async (duration: number, signal?: AbortSignal) => {
        timers++
        await systemClock.sleep(duration, signal).finally(() => timers--)
      }
    }
    await within(Promise.resolve(), 60_000, clock)
    await new Promise((resolve) => setImmediate(resolve))
    expect(timers).toBe(0)
  })
})
