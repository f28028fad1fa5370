import { appendFileSync, renameSync, statSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from './errors.js'
import { WholeLines } from './lines.js'
import { PRIVATE_FILE } from './modes.js'
import type { Bytes } from './values.js'

/** Known secrets, as they are replaced in everything that a run keeps. */
export interface Hiding {
  /** Size of the longest text that is replaced. */
  longest: Bytes
  /** Returns the bytes with `***` for each secret in them. */
  apply(bytes: Buffer): Buffer
}

/** The hiding of a run without known secrets. */
export const NOTHING_HIDDEN: Hiding = { longest: 0, apply: (bytes) => bytes }

/** Maximum size of a log file, in bytes; a second file keeps what came before. */
const FULL = 64 * 1024 * 1024

/** A log file to which several streams are written, in whole lines. */
export interface KeptLog {
  hiding: Hiding
  /** Returns a writer for the bytes of one stream, in pieces of any size. */
  stream(): WholeLines
}

/**
 * Returns a log file. A full file is renamed to `FILE.1` and replaces the one before it, so the end of the log is always kept.
 * After a write error the function warns once and writes no more.
 */
export function keptLog(file: string, warning: (line: string) => void, hiding: Hiding, full = FULL): KeptLog {
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  let broken = false
  function append(bytes: Buffer): void {
    if (broken) return
    try {
      if (size >= full) {
        renameSync(file, `${file}.1`)
        size = 0
      }
      appendFileSync(file, bytes, { mode: PRIVATE_FILE })
      size += bytes.length
    } catch (error) {
      // An error thrown in a callback of a stream would end the process.
      broken = true
      warning(`${path.basename(file)} is not complete: ${messageOf(error)}`)
    }
  }
  return { hiding, stream: () => new WholeLines(append, hiding) }
}

/** Writes a text to a file of the logs, with `***` for known secrets. Replaces a file that exists, whatever its mode. */
export async function writeLog(file: string, text: string | Buffer, hiding: Hiding): Promise<void> {
  await rm(file, { force: true })
  await writeFile(file, hiding.apply(Buffer.from(text)), { mode: PRIVATE_FILE })
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
