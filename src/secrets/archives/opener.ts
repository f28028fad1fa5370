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
  /** Returns whether so many bytes of memory are left for a window of zstd, which `release` gives back. */
  hold(bytes: number): boolean
  release(bytes: number): void
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
/** Maximum size in bytes of all windows of zstd that are open at the same time, one in another. */
const WINDOWS = 64 * 1024 * 1024
/** Maximum number of names; more are counted. */
const MOST_NAMES = 20

/** Returns the limits for one image. They count what comes out of the archives, whatever their headers say. */
export function createOpener(allowed = ALLOWED): Opener {
  const unopened: Unopened = { count: 0, names: [] }
  let left = allowed
  let files = FILES
  let windows = WINDOWS
  return {
    unopened,
    allow(bytes) {
      left += bytes * ALLOWED_EACH
      files += bytes / BYTES_EACH
    },
    spend(bytes) {
      if (bytes > left) return false
      left -= bytes
      return true
    },
    enter: () => --files > 0,
    hold(bytes) {
      if (bytes > windows) return false
      windows -= bytes
      return true
    },
    release(bytes) {
      windows += bytes
    },
    note(name, reason) {
      unopened.count++
      files -= UNOPENED_FILES
      if (unopened.names.length < MOST_NAMES) unopened.names.push(`${name} (${reason})`)
    }
  }
}
