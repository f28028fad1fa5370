import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  content: Buffer | string
  /** 0 stores, 8 deflates; any other number is written as it is, with the stored content. */
  method?: number
  flags?: number
  comment?: string
  extra?: Buffer
  /** Replaces the packed content. */
  packed?: Buffer
  /** Sizes follow the content, as in jars of the JDK. */
  sizesLater?: boolean
}

/** Returns a zip archive: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function zipOf(entries: readonly ZipEntry[], comment = ''): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { method = 8, extra = Buffer.alloc(0), sizesLater = false } = entry
    const content = Buffer.from(entry.content as string)
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(content) : content)
    const name = Buffer.from(entry.name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE((entry.flags ?? 0) | (sizesLater ? 8 : 0), 2)
    common.writeUInt16LE(method, 4)
    const sizes = [crc32(content), packed.length, content.length]
    sizes.forEach((size, index) => common.writeUInt32LE(size, 10 + 4 * index))
    common.writeUInt16LE(name.length, 22)
    common.writeUInt16LE(extra.length, 24)
    const local = Buffer.from(common)
    if (sizesLater) local.fill(0, 10, 22)
    const descriptor = Buffer.concat([Buffer.from('PK\x07\x08'), common.subarray(10, 22)])
    const file = [Buffer.from('PK\x03\x04'), local, name, extra, packed, ...(sizesLater ? [descriptor] : [])]
    const note = Buffer.from(entry.comment ?? '')
    const rest = Buffer.alloc(14)
    rest.writeUInt16LE(note.length, 0)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, rest, name, extra, note)
    parts.push(...file)
    offset += file.reduce((sum, { length }) => sum + length, 0)
  }
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12
  )
  end.writeUInt32LE(offset, 16)
  end.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...parts, ...directory, end, Buffer.from(comment)])
}
