/** A small valid class file: its version, and its one method, which is public. */
export function classFile(
  java: number,
  { minor = 0, method = 'main', type = '([Ljava/lang/String;)V', isStatic = true } = {}
): Buffer {
  const u2 = (number: number): Buffer => Buffer.from([number >> 8, number & 0xff])
  const utf8 = (text: string): Buffer => Buffer.concat([Buffer.from([1]), u2(text.length), Buffer.from(text)])
  // Constants: 1 to 4 as used below, and a long number, which counts twice.
  const constants = [utf8('C'), Buffer.from([7, 0, 1]), utf8(method), utf8(type), Buffer.alloc(9, 5)]
  return Buffer.concat([
    Buffer.from('cafebabe', 'hex'),
    ...[minor, java + 44, 7].map(u2),
    ...constants,
    // Access, this class, the class above; no interfaces and no fields.
    ...[0x21, 2, 2, 0, 0].map(u2),
    ...[1, isStatic ? 9 : 1, 3, 4, 0].map(u2),
    u2(0)
  ])
}
