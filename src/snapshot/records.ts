import { ImageFormatError, Message } from './protobuf.js'

/** Most images begin with this, and then with the magic of their kind. */
export const COMMON_MAGIC = 0x54564319

/**
 * The records of one of CRIU's image files: two u32 magics, then records of a u32 size and a protobuf message.
 * https://github.com/checkpoint-restore/criu/blob/criu-dev/criu/include/magic.h
 */
export function records(image: Buffer, ...magics: number[]): Message[] {
  const found: Message[] = []
  magics.forEach((magic, index) => {
    if (image.length < 4 * (index + 1) || image.readUInt32LE(4 * index) !== magic) {
      throw new ImageFormatError('not a CRIU image of the expected kind')
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

/** A field without which the message says nothing. */
export function required(message: Message, field: number): number {
  const value = message.number(field)
  if (value === undefined) throw new ImageFormatError(`the message lacks field ${field}`)
  return value
}
