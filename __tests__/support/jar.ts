import { writeFile } from 'node:fs/promises'
import { crc32, deflateRawSync } from 'node:zlib'

/** Writes a jar: its manifest, with lines folded after 72 bytes as the jar format demands, and other files. */
export async function writeJar(
  file: string,
  manifest: string | Record<string, string> | undefined,
  content: Record<string, string> = {}
): Promise<void> {
  const attributes = typeof manifest === 'string' ? { 'Main-Class': manifest } : (manifest ?? {})
  const lines = Object.entries({ 'Manifest-Version': '1.0', ...attributes }).map(
    ([name, value]) => `${name}: ${value}`
  )
  const folded = lines.map((line) => line.replace(/(.{70})(?=.)/g, '$1\r\n '))
  await writeFile(file, zip({ 'META-INF/MANIFEST.MF': `${folded.join('\r\n')}\r\n\r\n`, ...content }))
}

/** A zip archive: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zip(files: Record<string, string>): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    const compressed = deflateRawSync(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0) // version needed
    common.writeUInt16LE(8, 4) // deflate
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(compressed.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), compressed])
    const rest = Buffer.alloc(14) // comment, disk and attributes
    rest.writeUInt32LE(offset, 10)
    locals.push(local)
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name)])
    )
    offset += local.length
  }
  const central = Buffer.concat(centrals)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(locals.length, 4)
  end.writeUInt16LE(locals.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...locals, central, Buffer.from('PK\x05\x06', 'latin1'), end])
}
