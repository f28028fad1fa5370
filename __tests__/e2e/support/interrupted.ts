import type { StepOptions, StepResult } from '../../../lab/runner.js'
import { runAction } from './lab.js'

/** Where something happens to a run: so many milliseconds after a text in its log. */
interface Moment {
  text: string
  after: number
}

/** How long a run took to end after something had happened to it, in milliseconds; not a number if it had ended before. */
type Interrupted = StepResult & { took: number }

export function interruptedRuns(context: string) {
  return async (
    inputs: Record<string, string>,
    happens: (pid: number) => void,
    at: Moment,
    options: Partial<StepOptions> = {}
  ): Promise<Interrupted> => {
    let pid = 0
    let seen = ''
    let fired = false
    let begin = NaN
    let end = 0
    const step = await runAction(
      { context, ...inputs },
      {
        onStart: (started) => (pid = started),
        onOutput: (text) => {
          seen += text
          if (fired || !seen.includes(at.text)) return
          fired = true
          setTimeout(() => {
            if (end > 0) return
            begin = Date.now()
            happens(pid)
          }, at.after)
        },
        between: () => {
          end = Date.now()
          return Promise.resolve()
        },
        ...options
      }
    )
    return { ...step, took: end - begin }
  }
}
