/** An image, or a message in it, that is not what it should be. */
export class ImageFormatError extends Error {}

/** A protobuf message; its fields go by their numbers. */
export class Message {
  private readonly fields: { field: number; value: number | Buffer }[] = []

  /** Decodes it. https://protobuf.dev/programming-guides/encoding/ Numbers above 2^53 lose their last bits. */
  constructor(bytes: Buffer) {
    const reader = new Reader(bytes)
    while (!reader.atEnd()) {
      const key = reader.varint()
      this.fields.push({ field: Math.floor(key / 8), value: reader.value(key % 8) })
    }
  }

  /** The last value of a field of a number type; undefined where there is none. */
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
      // Not by bits: JavaScript's are 32.
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
