import type { Hiding } from '../lib/kept-log.js'
import { largest } from '../lib/values.js'
import { createSearch } from './scanner/multi-pattern.js'
import { needlesOf, type Secret } from './scanner/needles.js'
import { masksOf } from './sources.js'

const STARS = Buffer.from('***')

/**
 * Returns a hiding of secrets: in every encoding that the image is searched for, and for a value of several lines each long line of
 * it. Values that are too short or too common to search for are not hidden: they are in any log.
 */
export function hidingOf(secrets: readonly Secret[]): Hiding {
  const lines = secrets.flatMap((secret) =>
    masksOf(secret)
      .filter((line) => line !== secret.value)
      .map((value) => ({ name: secret.name, value }))
  )
  const patterns = needlesOf([...secrets, ...lines]).needles
  const search = createSearch(patterns.map(({ bytes }) => bytes))
  const sizes = patterns.map(({ confirmation }) => (confirmation?.before ?? 0) + (confirmation?.after ?? 0))
  return {
    longest: largest([search.longest, ...sizes]),
    apply: (bytes) => {
      const found: [begin: number, end: number][] = []
      search.run(bytes, (pattern, offset) => {
        const { bytes: part, confirmation } = patterns[pattern] ?? {}
        const end = offset + (part?.length ?? 0)
        const range = confirmation ? confirmation.find(bytes, offset) : ([offset, end] as const)
        if (range) found.push([...range])
      })
      return found.length === 0 ? bytes : withoutRanges(bytes, found)
    }
  }
}

/** Returns the bytes with stars for each range; ranges that overlap have the same stars. */
function withoutRanges(bytes: Buffer, ranges: [begin: number, end: number][]): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (const [begin, end] of ranges.sort(([one], [other]) => one - other)) {
    if (begin >= at) parts.push(bytes.subarray(at, begin), STARS)
    at = Math.max(at, end)
  }
  return Buffer.concat([...parts, bytes.subarray(at)])
}
