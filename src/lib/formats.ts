/** Number of bytes at the beginning of a file that show its format: the header of a tar archive. */
export const HEAD = 512

/** Formats that are known by their content, whatever the name of the file is. */
export type Format = 'tar' | 'zip' | 'gzip' | 'zstd' | 'xz' | 'bzip2'

/** Returns the format of a file by its first bytes; undefined if it is none of these formats. */
export function formatOf(head: Buffer): Format | undefined {
  if (isGzip(head)) return 'gzip'
  if (isZstandard(head)) return 'zstd'
  if (startsWith(head, LOCAL_FILE)) return 'zip'
  if (startsWith(head, XZ)) return 'xz'
  if (isBzip2(head)) return 'bzip2'
  return isTarHeader(head) ? 'tar' : undefined
}

/** Other formats that contain packed files, by their first bytes: https://en.wikipedia.org/wiki/List_of_file_signatures */
const OTHERS: [format: string, magic: Buffer][] = [
  ['7z', Buffer.from('377abcaf271c', 'hex')],
  ['rar', Buffer.from('Rar!\x1a\x07', 'latin1')],
  ['lz4', Buffer.from('04224d18', 'hex')],
  ['snappy', Buffer.from('ff060000734e61507059', 'hex')],
  ['lzip', Buffer.from('LZIP\x01', 'latin1')],
  ['cab', Buffer.from('MSCF\0\0\0\0', 'latin1')],
  ['deb', Buffer.from('!<arch>\ndebian-binary', 'latin1')],
  ['rpm', Buffer.from('edabeedb', 'hex')],
  ['squashfs', Buffer.from('hsqs', 'latin1')]
]

/** Returns the name of a format of packed files that nothing here opens; undefined for all other files. */
export function otherFormatOf(head: Buffer): string | undefined {
  return OTHERS.find(([, magic]) => startsWith(head, magic))?.[0]
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, section 4.3.7 */
export const LOCAL_FILE = Buffer.from('PK\x03\x04', 'latin1')
/** https://tukaani.org/xz/xz-file-format.txt, section 2.1.1.1 */
const XZ = Buffer.from('fd377a585a00', 'hex')

function startsWith(head: Buffer, magic: Buffer): boolean {
  return head.length >= magic.length && head.compare(magic, 0, magic.length, 0, magic.length) === 0
}

/** Number of bytes that show that a file is bzip2. */
export const BZIP2_HEADER = 10
/** The digits of pi, with which a block of bzip2 begins, and of its root, with which a stream ends: in hex. */
const BZIP2_BLOCK = '314159265359'
export const BZIP2_END = '177245385090'

/** https://en.wikipedia.org/wiki/Bzip2#File_format */
function isBzip2(head: Buffer): boolean {
  if (!/^BZh[1-9]/.test(head.toString('latin1', 0, 4))) return false
  return [BZIP2_BLOCK, BZIP2_END].includes(head.toString('hex', 4, BZIP2_HEADER))
}

/** https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1 */
export function isZstandard(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528
}

/** https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1: deflate is the only method, and three flags are reserved. */
export function isGzip(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) >>> 8 === 0x1f8b08 && ((head[3] ?? 0) & 0xe0) === 0
}

/** Returns whether a block is the header of a tar archive of any age: all of them have the sum of their bytes at offset 148. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < HEAD) return false
  const field = /^ *([0-7]{1,7})[ \0]/.exec(block.toString('latin1', 148, 156))?.[1]
  if (field === undefined) return false
  let unsigned = 8 * 0x20
  let signed = unsigned
  for (let at = 0; at < HEAD; at++) {
    if (at >= 148 && at < 156) continue
    const byte = block[at] ?? 0
    unsigned += byte
    // Some old programs add signed bytes.
    signed += byte < 128 ? byte : byte - 256
  }
  const sum = parseInt(field, 8)
  return sum === unsigned || sum === signed
}
