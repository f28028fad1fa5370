/** Thrown for a CRIU image that does not have the expected format. */
export class ImageFormatError extends Error {}

/** Most images begin with this number, followed by the magic of their type. */
export const COMMON_MAGIC = 0x54564319

/**
 * Reads the records of a CRIU image: u32 magics, then records of a u32 size and a protobuf message.
 * https://github.com/checkpoint-restore/criu/blob/criu-dev/criu/include/magic.h
 */
export function records(image: Buffer, ...magics: number[]): Message[] {
  const found: Message[] = []
  magics.forEach((magic, index) => {
    if (image.length < 4 * (index + 1) || image.readUInt32LE(4 * index) !== magic) {
      throw new ImageFormatError('not a CRIU image of the expected type')
    }
  })
  let offset = 4 * magics.length
  while (offset < image.length) {
    if (offset + 4 > image.length) throw new ImageFormatError('the image ends inside a record')
    const end = offset + 4 + image.readUInt32LE(offset)
    if (end > image.length) throw new ImageFormatError('the image ends inside a record')
    found.push(new Message(image.subarray(offset + 4, end)))
    offset = end
  }
  return found
}

/** Encodes a CRIU image of these records, as `records` reads it. */
export function encodeImage(magics: readonly number[], messages: readonly Buffer[]): Buffer {
  return Buffer.concat([...magics.map(u32), ...messages.flatMap((bytes) => [u32(bytes.length), bytes])])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Returns the number in a field that the message must have. */
export function required(message: Message, field: number): number {
  const value = message.number(field)
  if (value === undefined) throw new ImageFormatError(`the message lacks field ${field}`)
  return value
}

/** A field of a message; `raw` is its encoding with its key, in which no number loses bits. */
interface Field {
  field: number
  value: number | Buffer
  raw: Buffer
}

/** A protobuf message; its fields have numbers, not names. */
export class Message {
  private readonly fields: Field[] = []

  /**
   * Decodes a message (https://protobuf.dev/programming-guides/encoding/). Numbers above 2^53 lose their last bits when
   * they are read, but not when the message is written again.
   */
  constructor(readonly bytes: Buffer) {
    const reader = new Reader(bytes)
    while (!reader.atEnd()) {
      const begin = reader.offset
      const key = reader.varint()
      const value = reader.value(key % 8)
      this.fields.push({ field: Math.floor(key / 8), value, raw: bytes.subarray(begin, reader.offset) })
    }
  }

  /** Returns the last value of a number field; undefined where there is none. */
  number(field: number): number | undefined {
    return this.numbers(field).at(-1)
  }

  numbers(field: number): number[] {
    return this.of(field).filter((value) => typeof value === 'number')
  }

  text(field: number): string | undefined {
    return this.contents(field).at(-1)?.toString('utf8')
  }

  message(field: number): Message | undefined {
    return this.messages(field).at(-1)
  }

  messages(field: number): Message[] {
    return this.contents(field).map((bytes) => new Message(bytes))
  }

  has(field: number): boolean {
    return this.fields.some((entry) => entry.field === field)
  }

  /** Returns whether the message has no fields but these. */
  hasOnly(...known: number[]): boolean {
    return this.fields.every(({ field }) => known.includes(field))
  }

  /**
   * Returns the encoding of the message with other values in some fields: they come at the end, and all values that these
   * fields had are left out. Every other field keeps its bytes.
   */
  with(changes: Record<number, number | Buffer | readonly Buffer[]>): Buffer {
    const kept = this.fields.filter(({ field }) => !(field in changes)).map(({ raw }) => raw)
    const changed = Object.entries(changes).flatMap(([field, value]) =>
      (Array.isArray(value) ? (value as readonly Buffer[]) : [value as number | Buffer]).map((one) =>
        encodeField(Number(field), one)
      )
    )
    return Buffer.concat([...kept, ...changed])
  }

  private contents(field: number): Buffer[] {
    return this.of(field).filter((value) => typeof value !== 'number')
  }

  private of(field: number): (number | Buffer)[] {
    return this.fields.flatMap((entry) => (entry.field === field ? [entry.value] : []))
  }
}

function encodeField(field: number, value: number | Buffer): Buffer {
  return typeof value === 'number'
    ? Buffer.from([...varint(field * 8), ...varint(value)])
    : Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(value.length)]), value])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80)
  return [...bytes, value]
}

class Reader {
  offset = 0

  constructor(private readonly message: Buffer) {}

  atEnd(): boolean {
    return this.offset >= this.message.length
  }

  varint(): number {
    let value = 0
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.message[this.offset++]
      if (byte === undefined) break
      // Not with bit operators: those of JavaScript have 32 bits.
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new ImageFormatError('the message ends inside a number')
  }

  value(wireType: number): number | Buffer {
    if (wireType === 0) return this.varint()
    if (wireType === 1) return Number(this.bytes(8).readBigUInt64LE())
    if (wireType === 2) return this.bytes(this.varint())
    if (wireType === 5) return this.bytes(4).readUInt32LE()
    throw new ImageFormatError(`unknown wire type ${wireType}`)
  }

  private bytes(length: number): Buffer {
    if (this.offset + length > this.message.length)
      throw new ImageFormatError('the message ends inside a field')
    this.offset += length
    return this.message.subarray(this.offset - length, this.offset)
  }
}
