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
  note(name: string, reason: string): void
}

/** Number of bytes that may be unpacked of the archives in any image. */
const ALLOWED = 128 * 1024 * 1024
/** Number of bytes that may be unpacked for each byte of the image: jars become 2 to 2.5 times as large. */
const ALLOWED_EACH = 2
/** Maximum number of names; more are counted. */
const MOST_NAMES = 20

/** Returns the limits for one image. They count what comes out of the archives, whatever their headers say. */
export function createOpener(allowed = ALLOWED): Opener {
  const unopened: Unopened = { count: 0, names: [] }
  let left = allowed
  return {
    unopened,
    allow(bytes) {
      left += bytes * ALLOWED_EACH
    },
    spend(bytes) {
      left -= bytes
      return left >= 0
    },
    note(name, reason) {
      unopened.count++
      if (unopened.names.length < MOST_NAMES) unopened.names.push(`${name} (${reason})`)
    }
  }
}
