import type { Log } from '../../src/lib/log.js'

/** A log that shows nothing; lines and warnings are added to the lists. */
export function quietLog(lines: string[] = [], warnings: string[] = []): Log {
  return {
    info: (line) => lines.push(line),
    warning: (line) => warnings.push(line),
    untrusted: () => undefined,
    end: () => undefined,
    group: async (_, work) => await work()
  }
}
