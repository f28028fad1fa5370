import { writeFile } from 'node:fs/promises'
import { crc32, deflateRawSync } from 'node:zlib'

/** Writes a jar with nothing but a manifest, its lines folded after 72 bytes as the jar format demands. */
export async function writeJar(file: string, mainClass: string | undefined): Promise<void> {
  const lines = ['Manifest-Version: 1.0', ...(mainClass ? [`Main-Class: ${mainClass}`] : [])]
  const folded = lines.map((line) => line.replace(/(.{70})(?=.)/g, '$1\r\n '))
  await writeFile(file, zip('META-INF/MANIFEST.MF', Buffer.from(`${folded.join('\r\n')}\r\n\r\n`)))
}

/** A zip archive of one file: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zip(name: string, content: Buffer): Buffer {
  const compressed = deflateRawSync(content)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0) // version needed
  common.writeUInt16LE(8, 4) // deflate
  common.writeUInt32LE(crc32(content), 10)
  common.writeUInt32LE(compressed.length, 14)
  common.writeUInt32LE(content.length, 18)
  common.writeUInt16LE(name.length, 22)

  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), compressed])
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    common,
    Buffer.alloc(14), // comment, disk, attributes, and the offset of the local header: 0
    Buffer.from(name)
  ])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end])
}
