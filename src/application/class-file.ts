import type { Bytes } from '../lib/values.js'

/** Bytes at the beginning of a class file that have its version. */
export const HEADER_SIZE: Bytes = 8

const MAGIC = 0xcafebabe
/** Minor version of a class that uses preview features. https://openjdk.org/jeps/12 */
const PREVIEW = 0xffff
/** Number that the class file version is above the version of Java, from Java 5 on. */
const ABOVE_JAVA = 44

/** Version for which a class is compiled. https://docs.oracle.com/javase/specs/jvms/se25/html/jvms-4.html */
export interface ClassVersion {
  /** Version of Java, such as 25. */
  java: number
  /** Whether the class uses preview features, which only this version of Java supports. */
  preview: boolean
}

/** Returns the version in the header of a class file; undefined for another file. */
export function classVersion(content: Buffer): ClassVersion | undefined {
  if (content.length < HEADER_SIZE || content.readUInt32BE(0) !== MAGIC) return undefined
  return { java: content.readUInt16BE(6) - ABOVE_JAVA, preview: content.readUInt16BE(4) === PREVIEW }
}

/** Sizes of the entries of the constant pool after their tag, in bytes; Utf8 entries (1) have their own length. */
const CONSTANT_SIZE: Readonly<Record<number, Bytes>> = {
  ...{ 3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4 },
  ...{ 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2 }
}
const PUBLIC_STATIC = 0x0009

/** Returns whether a class has the method `public static void main(String[])`; false for a file that is not a class. */
export function hasMainMethod(content: Buffer): boolean {
  try {
    return classVersion(content) !== undefined && findsMain(content)
  } catch {
    // The file ends too early.
    return false
  }
}

function findsMain(content: Buffer): boolean {
  const texts = new Map<number, string>()
  let at = HEADER_SIZE + 2
  const constants = content.readUInt16BE(HEADER_SIZE)
  for (let index = 1; index < constants; index++) {
    const tag = content.readUInt8(at)
    const size = tag === 1 ? 2 + content.readUInt16BE(at + 1) : CONSTANT_SIZE[tag]
    if (size === undefined) return false
    if (tag === 1) texts.set(index, content.toString('latin1', at + 3, at + 1 + size))
    at += 1 + size
    // Numbers of 8 bytes count twice.
    if (tag === 5 || tag === 6) index++
  }
  // Access flags, this class, the class above it, and the interfaces.
  at += 8 + 2 * content.readUInt16BE(at + 6)
  const members = (): boolean => {
    let found = false
    const count = content.readUInt16BE(at)
    at += 2
    for (let member = 0; member < count; member++) {
      const flags = content.readUInt16BE(at)
      const [name, type] = [at + 2, at + 4].map((place) => texts.get(content.readUInt16BE(place)))
      found ||=
        name === 'main' && type === '([Ljava/lang/String;)V' && (flags & PUBLIC_STATIC) === PUBLIC_STATIC
      const attributes = content.readUInt16BE(at + 6)
      at += 8
      for (let attribute = 0; attribute < attributes; attribute++) at += 6 + content.readUInt32BE(at + 2)
    }
    return found
  }
  members()
  return members()
}
