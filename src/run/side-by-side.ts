import type { Log } from '../lib/log.js'
import { withResolvers } from '../lib/with-resolvers.js'
import type { BegunStep, Steps } from './steps.js'

/** Reason for which work ends that nobody needs any more. */
const ENDED = new Error('the run does not need this work any more')

/**
 * Work that runs at the same time. The first failure ends all of it, and is thrown by whatever is awaited here, after everything has
 * ended. If several works fail, the one that began first counts, so that the message does not depend on their speed.
 */
export class SideBySide {
  /** Ends the work; it rejects with the reason of this signal. */
  readonly signal: AbortSignal
  private readonly ending = new AbortController()
  private readonly failed = withResolvers<never>()
  private readonly works: { result: Promise<unknown>; step: BegunStep<unknown> | undefined }[] = []

  constructor(
    private readonly steps: Steps,
    cancelled: AbortSignal
  ) {
    this.signal = AbortSignal.any([this.ending.signal, cancelled])
    this.failed.promise.catch(() => undefined)
  }

  /** Begins a step; the returned function shows it in the log, and returns its result. */
  begin<T>(name: string, title: string, work: (log: Log) => Promise<T>): () => Promise<T> {
    const step = this.steps.beside(name, title, work)
    const begun = this.add(step.result, step)
    return async () => {
      begun.step = undefined
      return await this.unlessFailed(step.show(this.failed.promise))
    }
  }

  /** Begins work that has no step of its own. */
  add<T>(result: Promise<T>, step?: BegunStep<T>): { step: BegunStep<unknown> | undefined } {
    const work = { result, step }
    this.works.push(work)
    result.catch((error: Error) => {
      if (error !== ENDED) this.failed.reject(error)
    })
    return work
  }

  /** Returns the result of work that goes on in the foreground. */
  async during<T>(result: Promise<T>): Promise<T> {
    this.add(result)
    return await this.unlessFailed(Promise.race([result, this.failed.promise]))
  }

  /** Ends what still runs, and waits for its end. */
  async end(): Promise<void> {
    this.ending.abort(ENDED)
    await Promise.allSettled(this.works.map(({ result }) => result))
  }

  private async unlessFailed<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw await this.causeOf(error)
    }
  }

  /** Returns the failure that counts, and shows its step in the log. */
  private async causeOf(error: unknown): Promise<unknown> {
    await this.end()
    for (const { result, step } of this.works) {
      const cause = await result.then(
        () => undefined,
        (reason: unknown) => reason
      )
      if (cause === undefined || cause === ENDED) continue
      await step?.show(this.failed.promise).catch(() => undefined)
      return cause
    }
    return error
  }
}
