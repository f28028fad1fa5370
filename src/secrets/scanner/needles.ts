import { base64InLines } from './base64-lines.js'
import { escapedForms, type Confirmation } from './confirmed.js'
import { decodedForms, withoutPublicBlocks } from './decoded.js'
import { formsOf, plainForms, type EncodedText } from './encodings.js'
import { keyForms } from './key-bytes.js'
import { looksRandom, weaknessOf, type Weakness } from './strength.js'

/** A value that must not be in the image. For the login at a registry, base64 of `user:password` is a second one. */
export interface Secret {
  name: string
  value: string
}

/** A random value that is searched for like a secret, and further ones under its name that stand for bytes or keys. */
export interface Canary extends Secret {
  others: readonly Secret[]
  /** What the others stand for. */
  plants: readonly Plant[]
}

export interface Plant {
  encoding: string
  /** Bytes of the canary, for base64 with other bytes before and after it. */
  bytes: Buffer
}

/** Bytes to search for. The encoding of a piece of a value begins with `piece in `. */
export interface Needle extends EncodedText {
  secret: string
  /** Decides about each occurrence, if the bytes are only a part of the encoded value. */
  confirmation?: Confirmation
}

export interface WeakSecret {
  secret: string
  reason: Weakness
}

/** Minimum length of a piece of a value with several lines, in characters. */
const SHORTEST_PIECE = 16

/**
 * Returns the byte patterns of the secrets, without white space around them. Weak secrets have no patterns. Two secrets of the
 * same value have the same patterns under both names.
 */
export function needlesOf(secrets: readonly Secret[]): { needles: Needle[]; weak: WeakSecret[] } {
  const needles: Needle[] = []
  const weak: WeakSecret[] = []
  for (const { name, value } of secrets) {
    const text = wellFormed(value).trim()
    const reason = weaknessOf(text)
    if (reason === undefined) needles.push(...needlesOfValue(name, text))
    else weak.push({ secret: name, reason })
  }
  return { needles, weak }
}

/** Returns the byte patterns of the canary, and of its other values only what they stand for. */
export function needlesOfCanary({ name, value, others }: Canary): Needle[] {
  const decoded = others.flatMap((other) => decodedForms(other.value))
  return [...needlesOfValue(name, value), ...decoded.map((form) => ({ secret: name, ...form }))]
}

function needlesOfValue(secret: string, value: string): Needle[] {
  const pieces = piecesOf(withoutPublicBlocks(value)).flatMap((piece) => plainForms(piece))
  const forms = [
    ...formsOf(value),
    ...pieces.map(({ encoding, bytes }) => ({ encoding: `piece in ${encoding}`, bytes })),
    ...decodedForms(value),
    ...keyForms(Buffer.from(value))
  ]
  return [...distinct(forms), ...escapedForms(value), ...base64InLines(value)].map((form) => ({
    secret,
    ...form
  }))
}

/**
 * Returns the pieces of a value with several lines (real ones, or `\n` in a JSON text), or of a list (with `,`, `;` or `|`), that are
 * searched for separately: programs read a private key line by line, and parse a file of settings. A piece is a run of base64 characters that looks like key
 * material: the header of a PEM block, the names in a JSON text and the addresses of a service account are in libraries too.
 */
function piecesOf(value: string): string[] {
  const parts = value.split(/[,;|] ?/)
  const isList = parts.length > 1 && parts.every((part) => /^\S+$/.test(part))
  if (!isList && !/[\r\n]|\\n/.test(value)) return []
  const pieces = value.split(/\\[nr]|[^A-Za-z0-9+/=_-]/)
  return pieces.filter((piece) => piece.length >= SHORTEST_PIECE && looksRandom(piece))
}

/** Replaces halves of surrogate pairs, which do not exist in UTF-8. */
function wellFormed(value: string): string {
  return Buffer.from(value, 'utf8').toString('utf8')
}

/** Returns the forms without duplicates of the same bytes. */
function distinct(forms: readonly EncodedText[]): EncodedText[] {
  const seen = new Set<string>()
  return forms.filter(({ bytes }) => {
    const key = bytes.toString('latin1')
    return !seen.has(key) && seen.add(key)
  })
}
