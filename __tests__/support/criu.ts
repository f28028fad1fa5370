/** Writes CRIU images as CRIU does: magics, then records of a u32 size and a protobuf message of varints. */
export function criuImage(magics: number[], ...records: Record<number, number | Buffer>[]): Buffer {
  return Buffer.concat([
    ...magics.map(u32),
    ...records.map((record) => {
      const message = protobuf(record)
      return Buffer.concat([u32(message.length), message])
    })
  ])
}

export function protobuf(fields: Record<number, number | Buffer>): Buffer {
  const parts = Object.entries(fields).map(([number, value]) => {
    if (Buffer.isBuffer(value))
      return Buffer.concat([varint(Number(number) * 8 + 2), varint(value.length), value])
    return Buffer.concat([varint(Number(number) * 8), varint(value)])
  })
  return Buffer.concat(parts)
}

export const PAGEMAP = [0x54564319, 0x56084025]
export const STATS = [0x55105940, 0x57093306]

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function varint(value: number): Buffer {
  const bytes = []
  let rest = BigInt(value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}
