import type { Clock } from '../lib/clock.js'
import type { Log } from '../lib/log.js'
import type { Milliseconds } from '../lib/values.js'

/** A step of the run and its duration. */
export interface Step {
  name: string
  milliseconds: Milliseconds
}

/** Runs the steps of a job: each is a group in the log, and its duration is recorded. */
export class Steps {
  readonly done: Step[] = []

  constructor(
    private readonly clock: Clock,
    private readonly log: Log
  ) {}

  async run<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
    const begin = this.clock.now()
    try {
      return await this.log.group(title, work)
    } finally {
      const milliseconds = Math.round(this.clock.now() - begin)
      this.done.push({ name, milliseconds })
    }
  }
}
