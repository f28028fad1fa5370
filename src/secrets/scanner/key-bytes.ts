import type { EncodedText } from './encodings.js'

/** Sizes of the keys of AES in bytes. */
const CIPHER_KEYS = [16, 24, 32]
/** Size of the block of SHA-512 in bytes: a longer key is hashed. */
const HMAC_BLOCK = 128
/** Bytes with which HMAC combines each byte of its key: https://www.rfc-editor.org/rfc/rfc2104#section-2 */
const PADS = { inner: 0x36, outer: 0x5c }

/** Returns a key as objects that compute with it keep it, also after the key itself is gone. */
export function keyForms(key: Buffer): EncodedText[] {
  return [...hmacForms(key), ...cipherForms(key)]
}

/** Returns a key as javax.crypto.Mac keeps it. */
function hmacForms(key: Buffer): EncodedText[] {
  if (key.length > HMAC_BLOCK) return []
  return Object.entries(PADS).map(([name, pad]) => ({
    encoding: `${name} pad of HMAC`,
    bytes: Buffer.from(key.map((byte) => byte ^ pad))
  }))
}

/** Returns a key as the int[] of a cipher: its words, each as the CPU stores it, with which the round keys of AES begin. */
function cipherForms(key: Buffer): EncodedText[] {
  if (!CIPHER_KEYS.includes(key.length)) return []
  return [{ encoding: 'words of a cipher', bytes: Buffer.from(key).swap32() }]
}
