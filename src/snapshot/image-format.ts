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

/** Returns the number in a field that the message must have. */
export function required(message: Message, field: number): number {
  const value = message.number(field)
  if (value === undefined) throw new ImageFormatError(`the message lacks field ${field}`)
  return value
}

/** A protobuf message; its fields have numbers, not names. */
export class Message {
  private readonly fields: { field: number; value: number | Buffer }[] = []

  /** Decodes a message (https://protobuf.dev/programming-guides/encoding/). Numbers above 2^53 lose their last bits. */
  constructor(bytes: Buffer) {
    const reader = new Reader(bytes)
    while (!reader.atEnd()) {
      const key = reader.varint()
      this.fields.push({ field: Math.floor(key / 8), value: reader.value(key % 8) })
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
    return this.bytes(field).at(-1)?.toString('utf8')
  }

  message(field: number): Message | undefined {
    return this.messages(field).at(-1)
  }

  messages(field: number): Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes))
  }

  private bytes(field: number): Buffer[] {
    return this.of(field).filter((value) => typeof value !== 'number')
  }

  private of(field: number): (number | Buffer)[] {
    return this.fields.flatMap((entry) => (entry.field === field ? [entry.value] : []))
  }
}

class Reader {
  private offset = 0

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
