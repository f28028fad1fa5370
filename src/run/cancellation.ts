import { systemClock, EXPIRED, within } from '../lib/clock.js'
import { asFailure, Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** How a run is told to end before it is done. */
export interface Cancellation {
  /** Aborted when it is, with a Failure of the class `cancelled` for its reason. */
  signal: AbortSignal
  /** What the work gives. After a cancellation it has some seconds to put back what it changed; then this rejects. */
  bounded: <T>(work: Promise<T>) => Promise<T>
  /** What an error means: after a cancellation, that there was one. */
  failureOf: (error: unknown) => Failure
  /** Exit code of a cancelled run, 128 and the number of the signal; undefined of any other. */
  exitCode: () => number | undefined
}

/** The part of `process` that tells of signals. */
export interface Signals {
  on: (signal: 'SIGINT' | 'SIGTERM', listener: () => void) => unknown
  exit: (code: number) => unknown
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 }

/**
 * A runner sends SIGINT, SIGTERM after 7.5 s, and ends the process 2.5 s later
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation): this time leaves some for the clean-up.
 */
const PUTTING_BACK: Milliseconds = 5000

/** The first signal cancels. A second one ends the process at once: what is left then is for whoever cleans up after it. */
export function cancellationBy(process: Signals, clock = systemClock): Cancellation {
  const controller = new AbortController()
  const { signal } = controller
  let exitCode: number | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (exitCode !== undefined) {
        process.exit(EXIT_CODES[name])
        return
      }
      exitCode = EXIT_CODES[name]
      controller.abort(cancelled(name))
    })
  }
  const reason = (): Failure => signal.reason as Failure
  return {
    signal,
    exitCode: () => exitCode,
    failureOf: (error) => {
      const failure = asFailure(error)
      return signal.aborted && failure.category !== 'cancelled' ? reason() : failure
    },
    bounded: async (work) => {
      const late = new Promise<never>((_, reject) => {
        const begin = async (): Promise<void> => {
          if ((await within(work, PUTTING_BACK, clock)) === EXPIRED) reject(reason())
        }
        signal.addEventListener('abort', () => void begin().catch(() => undefined))
      })
      return await Promise.race([work, late])
    }
  }
}

function cancelled(signal: string): Failure {
  return new Failure('cancelled', `The run was cancelled (${signal}).`, {
    fix: 'Run the job again if it was not meant to end: a newer run of the same `concurrency` group and `timeout-minutes` cancel, too.'
  })
}
