import { appendFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { messageOf } from './errors.js'

/** Of one file, in bytes; a second one has what was before it. */
const FULL = 64 * 1024 * 1024

/**
 * Keeps bytes in a file, without end if need be: one that is full gets the name `FILE.1`, in the place of the one before it, so
 * that the last of what was written is always there. A file that cannot be written is told once, and given up.
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
      // Whoever wrote this line waits for nobody: thrown here, the error would end the process.
      broken = true
      warning(`${path.basename(file)} is not complete: ${messageOf(error)}`)
    }
  }
}
