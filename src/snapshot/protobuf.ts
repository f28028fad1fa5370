/** An image, or a message in it, that is not what it should be. */
export class ImageFormatError extends Error {}

/** A decoded protobuf message; fields go by their numbers. */
export interface Message {
  /** The last value of a field of a number type; undefined where there is none. */
  number(field: number): number | undefined
  numbers(field: number): number[]
  text(field: number): string | undefined
  message(field: number): Message | undefined
  messages(field: number): Message[]
}

/** Decodes a message. https://protobuf.dev/programming-guides/encoding/ Numbers above 2^53 lose their last bits. */
export function decode(message: Buffer): Message {
  const numbers = new Map<number, number[]>()
  const strings = new Map<number, Buffer[]>()
  let offset = 0

  function varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message[offset++]
      if (byte === undefined || shift > 63) throw new ImageFormatError('the message ends inside a number')
      // Not by bits: JavaScript's are 32.
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  function bytes(length: number): Buffer {
    if (offset + length > message.length) throw new ImageFormatError('the message ends inside a field')
    offset += length
    return message.subarray(offset - length, offset)
  }

  while (offset < message.length) {
    const key = varint()
    const field = Math.floor(key / 8)
    const wireType = key % 8
    if (wireType === 0) append(numbers, field, varint())
    else if (wireType === 1) append(numbers, field, Number(bytes(8).readBigUInt64LE()))
    else if (wireType === 2) append(strings, field, bytes(varint()))
    else if (wireType === 5) append(numbers, field, bytes(4).readUInt32LE())
    else throw new ImageFormatError(`unknown wire type ${wireType}`)
  }
  const messages = (field: number): Message[] => (strings.get(field) ?? []).map(decode)
  return {
    number: (field) => numbers.get(field)?.at(-1),
    numbers: (field) => numbers.get(field) ?? [],
    text: (field) => strings.get(field)?.at(-1)?.toString('utf8'),
    message: (field) => messages(field).at(-1),
    messages
  }
}

function append<T>(map: Map<number, T[]>, key: number, value: T): void {
  const values = map.get(key)
  if (values) values.push(value)
  else map.set(key, [value])
}
