import { describe, expect, test } from '@jest/globals'
import type { Log } from '../../src/lib/log.js'
import { withResolvers } from '../../src/lib/with-resolvers.js'
import { SideBySide } from '../../src/run/side-by-side.js'
import { Steps } from '../../src/run/steps.js'

/** A log of lines, and steps whose clock is moved by hand. */
function world(): {
  lines: string[]
  steps: Steps
  clock: { now: number }
  together: SideBySide
  cancel: () => void
} {
  const lines: string[] = []
  const push = (line: string): void => void lines.push(line)
  const log: Log = {
    ...{ info: push, warning: push, untrusted: push, end: () => undefined },
    group: async (title, work) => {
      push(`[${title}`)
      try {
        return await work()
      } finally {
        push(']')
      }
    }
  }
  const clock = { now: 5 }
  const steps = new Steps({ now: () => clock.now, sleep: () => Promise.resolve() }, log)
  const cancellation = new AbortController()
  const together = new SideBySide(steps, cancellation.signal)
  return { lines, steps, clock, together, cancel: () => cancellation.abort(new Error('cancelled')) }
}

/** Work that ends with the signal only. */
const endless = async (signal: AbortSignal): Promise<never> =>
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('steps side by side', () => {
  test('have groups one after the other in the log, in the order in which they are shown', async () => {
    const { lines, steps, clock, together } = world()
    const [slow, quick] = [withResolvers<string>(), withResolvers<string>()]
    const showSlow = together.begin('slow', 'Slow', async (log) => {
      log.info('slow begins')
      await slow.promise
      log.info('slow ends')
      return 'slow'
    })
    const showQuick = together.begin('quick', 'Quick', async (log) => {
      log.info('quick begins')
      return await quick.promise
    })
    clock.now = 8
    quick.resolve('quick')
    await new Promise(setImmediate)
    const shown = showSlow()
    clock.now = 10
    slow.resolve('')
    expect([await shown, await showQuick()]).toEqual(['slow', 'quick'])
    expect(lines).toEqual(['[Slow', 'slow begins', 'slow ends', ']', '[Quick', 'quick begins', ']'])
    expect(steps.done).toEqual([
      { name: 'slow', title: 'Slow', start: 0, milliseconds: 5 },
      { name: 'quick', title: 'Quick', start: 0, milliseconds: 3 }
    ])
  })

  test('end together when one of them fails; its group is the last one', async () => {
    const { lines, together } = world()
    const failing = withResolvers<never>()
    const showLong = together.begin('long', 'Long', async (log) => {
      log.info('long begins')
      return await endless(together.signal).finally(() => log.info('too late'))
    })
    together.begin('failing', 'Failing', async (log) => {
      log.info('a reason')
      return await failing.promise
    })
    const shown = showLong()
    failing.reject(new Error('broken'))
    await expect(shown).rejects.toThrow('broken')
    expect(lines).toEqual(['[Long', 'long begins', ']', '[Failing', 'a reason', ']'])
  })

  test('of several failures the one that began first counts, whichever comes first', async () => {
    const { together } = world()
    const first = withResolvers<never>()
    const showFirst = together.begin('first', 'First', async () => {
      // Not interruptible: it fails after the other.
      await endless(together.signal).catch(() => undefined)
      return await first.promise
    })
    together.begin('second', 'Second', () => Promise.reject(new Error('second')))
    first.reject(new Error('first'))
    await expect(showFirst()).rejects.toThrow('first')
  })

  test('a failure ends work of the foreground, and of no step', async () => {
    const { together } = world()
    let ended = 0
    const counted = endless(together.signal).finally(() => ended++)
    together.add(counted)
    together.begin('failing', 'Failing', () => Promise.reject(new Error('broken')))
    await expect(together.during(endless(together.signal).finally(() => ended++))).rejects.toThrow('broken')
    expect(ended).toBe(2)
  })

  test('a cancellation ends all with its reason', async () => {
    const { together, cancel } = world()
    const show = together.begin('long', 'Long', () => endless(together.signal))
    const shown = show()
    cancel()
    await expect(shown).rejects.toThrow('cancelled')
  })

  test('what is not needed ends without a failure', async () => {
    const { together, lines } = world()
    together.begin('long', 'Long', () => endless(together.signal))
    const show = together.begin('short', 'Short', () => Promise.resolve(1))
    await expect(show()).resolves.toBe(1)
    await together.end()
    expect(lines).toEqual(['[Short', ']'])
  })
})
