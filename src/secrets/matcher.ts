import { createHmac } from 'node:crypto'
import { FAMILIES, type Family } from './families.js'
import { createSearch, type Search } from './multi-pattern.js'
import { needlesOf, type Needle, type Secret, type TooShort } from './needles.js'

/** What a byte pattern of the search stands for. */
export type Target = { needle: Needle } | Prefix

/** Where a token of the family can begin. */
interface Prefix {
  family: Family
  encoding: 'latin-1' | 'utf-16le'
  /** Characters of the prefix. */
  prefix: number
}

/** All that is searched for, made once for many files. */
export interface Matcher {
  search: Search
  /** By the number of the pattern in the search. */
  targets: readonly Target[]
  /** Bytes that a match, from its pattern's first one on, has at most. */
  longestMatch: number
  /** Secrets that are not searched for. */
  tooShort: readonly TooShort[]
  /** The positive control: its name and value are searched for like a secret's. */
  canary: Secret
  /** A token's digest: 16 hex digits, the same wherever it is found with the same key. */
  digest(token: string): string
}

export interface MatcherOptions {
  secrets: readonly Secret[]
  canary: Secret
  /** Key of the digests: random, made for the run and told nobody, since passwords are short. */
  key: Buffer
  families?: readonly Family[]
}

export function createMatcher({ secrets, canary, key, families = FAMILIES }: MatcherOptions): Matcher {
  const { needles, tooShort } = needlesOf([...secrets, canary])
  const patterns = [
    ...needles.map((needle) => ({ bytes: needle.bytes, target: { needle } })),
    ...families.flatMap(prefixesOf)
  ]
  const search = createSearch(patterns.map(({ bytes }) => bytes))
  return {
    search,
    targets: patterns.map(({ target }) => target),
    // In UTF-16 a character has two bytes.
    longestMatch: Math.max(search.longest, ...families.map(({ longest }) => longest * 2)),
    tooShort,
    canary,
    digest: (token) => createHmac('sha256', key).update(token).digest('hex').slice(0, 16)
  }
}

/** Of Java's Strings most are Latin-1; its char[] are UTF-16LE. */
function prefixesOf(family: Family): { bytes: Buffer; target: Target }[] {
  return family.prefixes.flatMap((prefix) => [
    {
      bytes: Buffer.from(prefix, 'latin1'),
      target: { family, encoding: 'latin-1' as const, prefix: prefix.length }
    },
    {
      bytes: Buffer.from(prefix, 'utf16le'),
      target: { family, encoding: 'utf-16le' as const, prefix: prefix.length }
    }
  ])
}
