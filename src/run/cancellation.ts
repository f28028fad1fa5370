import { systemClock, EXPIRED, within } from '../lib/clock.js'
import { asFailure, Failure } from '../lib/errors.js'
import type { Milliseconds } from '../lib/values.js'

/** The cancellation of a run. */
export interface Cancellation {
  /** Aborted when the run is cancelled; the reason is a Failure of the category `cancelled`. */
  signal: AbortSignal
  /** Returns the result of the work. After a cancellation the work has a few seconds to undo its changes; then this rejects. */
  bounded: <T>(work: Promise<T>) => Promise<T>
  /** Returns the failure for an error: after a cancellation, that the run was cancelled. */
  failureOf: (error: unknown) => Failure
  /** Returns the exit code of a cancelled run, 128 plus the number of the signal; undefined for any other run. */
  exitCode: () => number | undefined
}

/** The part of `process` that handles signals. */
export interface Signals {
  on: (signal: 'SIGINT' | 'SIGTERM', listener: () => void) => unknown
  exit: (code: number) => unknown
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 }

/**
 * A runner sends SIGINT, SIGTERM after 7.5 s, and ends the process 2.5 s later
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation): the rest is for the clean-up.
 */
const UNDO_TIME: Milliseconds = 5000

/** Listens for signals: the first one cancels the run, a second one ends the process at once and leaves the rest to the post step. */
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
          if ((await within(work, UNDO_TIME, clock)) === EXPIRED) reject(reason())
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
