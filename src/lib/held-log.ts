import type { Log } from './log.js'

/** A log of work that runs beside other work: its lines wait until they can be written together. */
export interface HeldLog {
  log: Log
  /** Writes the lines that wait, and every further line at once. */
  open: () => void
  /** Lets the lines wait again. */
  close: () => void
}

/** Returns a held log, which is closed, in front of another log. */
export function heldLog(target: Log): HeldLog {
  let isOpen = false
  let waiting: (() => void)[] = []
  const pass = (write: () => void): void => {
    if (isOpen) write()
    else waiting.push(write)
  }
  return {
    log: {
      info: (line) => pass(() => target.info(line)),
      warning: (line) => pass(() => target.warning(line)),
      untrusted: (line) => pass(() => target.untrusted(line)),
      end: () => pass(() => target.end()),
      // Groups of a log do not nest.
      group: async (_, work) => await work()
    },
    open: () => {
      isOpen = true
      for (const write of waiting) write()
      waiting = []
    },
    close: () => {
      isOpen = false
    }
  }
}
