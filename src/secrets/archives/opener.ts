import type { Group, StartProgram } from '../../docker/process-group.js'

/** What could not be opened, or not to its end. */
export interface Unopened {
  count: number
  /** The first of them, with the reason in parentheses. */
  names: string[]
}

/** The limits of what is unpacked of one image, and a list of what was not. */
export interface Opener {
  readonly unopened: Unopened
  /** Adds bytes that were read to those that allow to unpack. */
  allow(bytes: number): void
  /** Returns whether so many more bytes may be unpacked. */
  spend(bytes: number): boolean
  /** Counts a file of an archive; returns whether another one may be searched. */
  enter(): boolean
  /** Takes so many bytes of memory to unpack; returns a function that gives them back, or undefined where too few are left. */
  hold(bytes: number): (() => void) | undefined
  /** Returns whether so many more bytes of the windows of zstd may be moved. */
  move: (bytes: number) => boolean
  /** Starts a program that unpacks its input; returns the reason where it does not. */
  start(command: string, args: readonly string[]): Group | string
  /** Ends the programs that still run. */
  close(): void
  note(name: string, reason: string): void
}

/** Number of bytes that may be unpacked of the archives in any image. */
const ALLOWED = 128 * 1024 * 1024
/** Number of bytes that may be unpacked for each byte of the image: jars become 2 to 2.5 times as large. */
const ALLOWED_EACH = 2
/** Number of files in the archives of any image that are searched one by one. */
const FILES = 100_000
/** Bytes of the image for each further one: headers of files alone would take many times as long as their bytes. */
const BYTES_EACH = 1024
/** Number of files that one counts for that was not opened: to find that out takes longer than to read a small file. */
const UNOPENED_FILES = 20
/** Number of files that a program counts for: to start it takes some milliseconds. */
const PROGRAM_FILES = 200
/** Number of bytes of windows of zstd that may be moved for any image: it takes two seconds. `zstd -3` needs 16 for each byte that it becomes. */
const MOVED = 16e9
/** Further ones for each byte of the image. */
const MOVED_EACH = 64
/** Maximum memory in bytes of all that is unpacked at the same time, one in another: windows of zstd, and programs. */
const MEMORY = 64 * 1024 * 1024
/** Maximum number of names; more are counted. */
const MOST_NAMES = 20

/**
 * Returns the limits for one image, which start the programs for xz and bzip2. They count what comes out of the archives, whatever
 * their headers say.
 */
export function createOpener(startProgram: StartProgram, allowed = ALLOWED): Opener {
  const unopened: Unopened = { count: 0, names: [] }
  let left = allowed
  let files = FILES
  let memory = MEMORY
  let moves = MOVED
  const running = new Set<Group>()
  return {
    unopened,
    allow(bytes) {
      left += bytes * ALLOWED_EACH
      files += bytes / BYTES_EACH
      moves += bytes * MOVED_EACH
    },
    spend(bytes) {
      if (bytes > left) return false
      left -= bytes
      return true
    },
    enter: () => --files > 0,
    hold(bytes) {
      if (bytes > memory) return undefined
      memory -= bytes
      return () => void (memory += bytes)
    },
    move(bytes) {
      if (bytes > moves) return false
      moves -= bytes
      return true
    },
    start(command, args) {
      if (files <= PROGRAM_FILES) return 'more archives of xz and bzip2 than are opened'
      files -= PROGRAM_FILES
      const program = startProgram(command, args)
      if (program.pid === undefined) return `the program ${command} cannot be started`
      running.add(program)
      program.ended.catch(() => undefined).finally(() => running.delete(program))
      return program
    },
    close() {
      for (const { kill } of running) kill()
    },
    note(name, reason) {
      unopened.count++
      files -= UNOPENED_FILES
      if (unopened.names.length < MOST_NAMES) unopened.names.push(`${name} (${reason})`)
    }
  }
}
