import { stripVTControlCharacters } from 'node:util'
import type { Clock } from '../lib/clock.js'
import type { Log } from '../lib/log.js'

/** Returns a log for a terminal: steps with their duration, and untrusted output indented below them. */
export function terminalLog(write: (line: string) => void, clock: Clock): Log {
  let ended = false
  return {
    info: (line) => write(line),
    warning: (line) => write(`warning: ${line}`),
    untrusted: (line) => {
      // Output of a container must not control the terminal.
      if (!ended) write(`  | ${stripVTControlCharacters(line).replace(/(?!\t)\p{Cc}/gu, '')}`)
    },
    end: () => {
      ended = true
    },
    group: async (title, work) => {
      const begin = clock.now()
      write(`==> ${title}`)
      try {
        return await work()
      } finally {
        write(`    ${((clock.now() - begin) / 1000).toFixed(1)} s`)
      }
    }
  }
}
