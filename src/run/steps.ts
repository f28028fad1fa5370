import type { Clock } from '../lib/clock.js'
import { heldLog } from '../lib/held-log.js'
import type { Log } from '../lib/log.js'
import type { Milliseconds } from '../lib/values.js'

/** A step of the run. */
export interface Step {
  /** Short name, as in the metadata. */
  name: string
  /** Title of its group in the log. */
  title: string
  /** From the start of the run to that of the step; steps may overlap. */
  start: Milliseconds
  /** Duration of the step. */
  milliseconds: Milliseconds
}

/** A step whose work has begun, and is not in the log yet. */
export interface BegunStep<T> {
  result: Promise<T>
  /** Writes the group of the step, and returns its result. Rejects with `failed` at once, and then lets the further lines wait. */
  show: (failed: Promise<never>) => Promise<T>
}

/** Runs the steps of a job: each is a group in the log, and its start and duration are recorded. */
export class Steps {
  readonly done: Step[] = []
  private readonly begin: Milliseconds

  constructor(
    private readonly clock: Clock,
    private readonly log: Log
  ) {
    this.begin = clock.now()
  }

  async run<T>(name: string, title: string, work: () => Promise<T>): Promise<T> {
    const from = this.clock.now()
    try {
      return await this.log.group(title, work)
    } finally {
      this.record({ name, title }, from, this.clock.now())
    }
  }

  /** Begins the work of a step beside other steps. Its lines wait until it is shown, so that each group of the log has one step. */
  beside<T>(name: string, title: string, work: (log: Log) => Promise<T>): BegunStep<T> {
    const held = heldLog(this.log)
    const from = this.clock.now()
    let end: Milliseconds | undefined
    const result = work(held.log).finally(() => (end = this.clock.now()))
    result.catch(() => undefined)
    const show = async (failed: Promise<never>): Promise<T> => {
      try {
        return await this.log.group(title, async () => {
          held.open()
          return await Promise.race([result, failed])
        })
      } finally {
        held.close()
        this.record({ name, title }, from, end ?? this.clock.now())
      }
    }
    return { result, show }
  }

  private record(names: Pick<Step, 'name' | 'title'>, from: Milliseconds, end: Milliseconds): void {
    this.done.push({ ...names, start: Math.round(from - this.begin), milliseconds: Math.round(end - from) })
  }
}
