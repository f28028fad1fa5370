import { stripVTControlCharacters } from 'node:util'
import type { Clock } from '../lib/clock.js'
import type { Log } from '../lib/log.js'

/** A log for people at a terminal: stages with their time, and what others print indented below them. */
export function terminalLog(write: (line: string) => void, clock: Clock): Log {
  let ended = false
  return {
    info: (line) => write(line),
    warning: (line) => write(`warning: ${line}`),
    untrusted: (line) => {
      // What a container prints must not drive the terminal.
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
