import { distinct, formsOf, plainForms, type Form } from './encodings.js'
import { looksRandom, weaknessOf, type Weakness } from './strength.js'

/** A value that must not be in the snapshot. For the login at a registry, base64 of `user:password` is another one. */
export interface Secret {
  /** What the report calls it. */
  name: string
  value: string
}

/** Bytes to look for. Those of a piece of a value have an encoding that begins with `piece in `. */
export interface Needle extends Form {
  /** The name of the secret. */
  secret: string
}

/** A secret that is not searched for, and why. */
export interface TooShort {
  secret: string
  reason: Weakness
}

/** Characters of the shortest piece of a value with several lines that is searched for by itself. */
const SHORTEST_PIECE = 16

/**
 * The byte patterns of the secrets, without white space around them: secrets with too little in them give none
 * and are named in `tooShort`. Two secrets of the same value give the same patterns under both names.
 */
export function needlesOf(secrets: readonly Secret[]): { needles: Needle[]; tooShort: TooShort[] } {
  const needles: Needle[] = []
  const tooShort: TooShort[] = []
  for (const { name, value } of secrets) {
    const text = wellFormed(value).trim()
    const reason = weaknessOf(text)
    if (reason === undefined) needles.push(...needlesOfOne(name, text))
    else tooShort.push({ secret: name, reason })
  }
  return { needles, tooShort }
}

function needlesOfOne(secret: string, value: string): Needle[] {
  const pieces = piecesOf(value).flatMap((piece) => plainForms(piece))
  const forms = [
    ...formsOf(value),
    ...pieces.map(({ encoding, bytes }) => ({ encoding: `piece in ${encoding}`, bytes }))
  ]
  return distinct(forms).map((form) => ({ secret, ...form }))
}

/**
 * What is searched for by itself of a value with several lines (real ones, or `\n` in a JSON text): a private
 * key is read line by line, a file of settings is taken apart. Pieces are runs of the letters of base64,
 * and only such as read like key material: the header of a PEM, the names in a JSON text and the
 * addresses that a service account's key has in it are also in libraries.
 */
function piecesOf(value: string): string[] {
  if (!/[\r\n]|\\n/.test(value)) return []
  const pieces = value.split(/\\[nr]|[^A-Za-z0-9+/=_-]/)
  return pieces.filter((piece) => piece.length >= SHORTEST_PIECE && looksRandom(piece))
}

/** Without halves of surrogate pairs, which have no UTF-8. */
function wellFormed(value: string): string {
  return Buffer.from(value, 'utf8').toString('utf8')
}
