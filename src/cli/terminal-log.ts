import type { Clock } from '../lib/clock.js'
import type { Log } from '../lib/log.js'
import { oneLine, plainText } from '../lib/text.js'

/** Returns a log for a terminal: steps with their duration, and untrusted output indented below them. */
export function terminalLog(write: (line: string) => void, clock: Clock): Log {
  let ended = false
  return {
    // They may quote untrusted text, such as the name of a file.
    info: (line) => write(oneLine(line)),
    warning: (line) => write(`warning: ${plainText(line)}`),
    untrusted: (line) => {
      // Output of a container must not control the terminal.
      if (!ended) write(`  | ${plainText(line).replaceAll('\n', ' ')}`)
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
