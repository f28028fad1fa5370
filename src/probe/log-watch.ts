import type { Clock } from '../lib/clock.js'
import type { LinePattern } from '../lib/line-pattern.js'
import type { Milliseconds } from '../lib/values.js'

/** What the output of a container has shown so far. */
export interface LogWatch {
  onLine: (line: string) => void
  /** Time by the clock of the first line that matched the pattern; undefined so far. */
  matchedAt: () => Milliseconds | undefined
  /** Time by the clock of the first line that the application itself wrote; undefined so far. */
  loggedAt: () => Milliseconds | undefined
}

/** Lines that CRIU, the JVM or the scripts of the image write at a restore: they do not show that the application works. */
const NOT_OF_APPLICATION =
  /^\s*$|^crac-checkpoint: |^(?:\(\d+\.\d+\) ?)?(?:pie: ?)?(?: *\d+: )?(?:Error|Warn) {1,2}\(|^\(\d+\.\d+\) |^(?:OpenJDK|Java HotSpot).{0,100} (?:VM )?warning: |^NOTE: Picked up |^Picked up |^\[\d+\.\d+s\]\[|^STARTUPTIME |^JVM: /

/** Watches the output of a container, line by line, for a line that matches the pattern and for any line of the application. */
export function watchLog(clock: Pick<Clock, 'now'>, pattern?: LinePattern): LogWatch {
  let matchedAt: Milliseconds | undefined
  let loggedAt: Milliseconds | undefined
  return {
    onLine: (line) => {
      if (matchedAt === undefined && pattern?.test(line)) matchedAt = clock.now()
      if (loggedAt === undefined && !NOT_OF_APPLICATION.test(line)) loggedAt = clock.now()
    },
    matchedAt: () => matchedAt,
    loggedAt: () => loggedAt
  }
}
