import { appendFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from './errors.js'

/** Maximum size of a log file, in bytes; a second file keeps what came before. */
const FULL = 64 * 1024 * 1024

/**
 * Returns a function that appends bytes to a file. A full file is renamed to `FILE.1` and replaces the one before it, so the end of
 * the log is always kept. After a write error the function warns once and writes no more.
 */
export function keptLog(file: string, warning: (line: string) => void, full = FULL): (bytes: Buffer) => void {
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  let broken = false
  return (bytes) => {
    if (broken) return
    try {
      if (size >= full) {
        renameSync(file, `${file}.1`)
        size = 0
      }
      appendFileSync(file, bytes)
      size += bytes.length
    } catch (error) {
      // An error thrown in a callback of a stream would end the process.
      broken = true
      warning(`${path.basename(file)} is not complete: ${messageOf(error)}`)
    }
  }
}

/** Maximum that the step's log shows of one container or build, in characters. */
const SHOWN = 10 * 1024 * 1024

/** Returns a function that shows lines in the step's log up to a maximum, and then says where the rest is. */
export function shownLines(
  log: { untrusted: (line: string) => void; info: (line: string) => void },
  file: string,
  most = SHOWN
): (line: string) => void {
  let shown = 0
  return (line) => {
    if (shown > most) return
    log.untrusted(line)
    shown += line.length + 1
    if (shown > most) log.info(`What follows is in ${file} only, in the folder of the output \`logs\`.`)
  }
}
