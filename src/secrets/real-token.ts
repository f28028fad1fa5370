/** Tells tokens that somebody uses from those of documentation, by the parts that a family's pattern captured. */

import { entropyOf } from './strength.js'

/** Bits a character that the random part of a token has at least: real ones of 16 characters and more have 3 to 5. */
const LEAST_ENTROPY = 2.8

/** A token with a random part that is no example. */
export function hasRandomPart([match, random = match]: RegExpExecArray): boolean {
  return entropyOf(random) >= LEAST_ENTROPY && !isExample(random)
}

/** Random, with letters of both cases and digits: where an identifier has the same letters. */
export function hasMixedRandomPart(match: RegExpExecArray): boolean {
  const [, random = ''] = match
  return hasRandomPart(match) && /[a-z]/.test(random) && /[A-Z]/.test(random) && /\d/.test(random)
}

/** A key has runs of `A`, where its bytes are zero. */
export function hasKey([, body = '']: RegExpExecArray): boolean {
  return entropyOf(body) >= LEAST_ENTROPY
}

/** A password that is no placeholder. */
export function hasPassword([, first, second]: RegExpExecArray): boolean {
  const password = first ?? second ?? ''
  return (
    !/^(pass(word|wd|phrase)?|pwd|secret|changeme|null|user(name)?|\$[A-Z_]+)$/i.test(password) &&
    !/[{}]|(.)\1{3}|\*{3}|\.{3}|x{3}/i.test(password)
  )
}

/** As in documentation: AKIAIOSFODNN7EXAMPLE, an alphabet, one character eight times. */
function isExample(token: string): boolean {
  if (/example|(.)\1{7}/i.test(token)) return true
  const codes = [...token.toLowerCase()].map((character) => character.charCodeAt(0))
  let run = 1
  return codes.some((code, index) => {
    run = index > 0 && code === (codes[index - 1] ?? 0) + 1 ? run + 1 : 1
    return run >= 8
  })
}
