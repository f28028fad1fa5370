import { StringDecoder } from 'node:string_decoder'

/** Maximum length of a line, in characters: a log without line ends must not fill the memory. */
export const LONGEST_LINE = 4096

/** Splits a stream of bytes into lines. Bytes that are not UTF-8 become U+FFFD. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8')
  private pending = ''
  private cut = false

  constructor(private readonly onLine: (line: string) => void) {}

  push(data: Buffer): void {
    const parts = this.decoder.write(data).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      this.append(part)
      this.flush()
    }
    this.append(last)
  }

  /** Passes on the rest without a line end. */
  end(): void {
    this.append(this.decoder.end())
    if (this.pending !== '') this.flush()
  }

  private append(text: string): void {
    const room = LONGEST_LINE - this.pending.length
    if (text.length > room) this.cut = true
    this.pending += text.slice(0, Math.max(0, room))
  }

  private flush(): void {
    const line = this.pending.endsWith('\r') ? this.pending.slice(0, -1) : this.pending
    const shown = this.cut ? `${line} [cut]` : line
    this.pending = ''
    this.cut = false
    this.onLine(shown)
  }
}

/** Maximum size of a piece of a line that waits for its end, in bytes. */
const LONGEST_PIECE = 64 * 1024

/** Replaces texts in bytes; `longest` is the size of the longest text, in bytes. */
interface Replacement {
  longest: number
  apply(bytes: Buffer): Buffer
}

/**
 * Passes on the bytes of a stream in whole lines, so that two streams can go into one file, with the texts of the replacement
 * replaced wherever the pieces of the stream begin. A text with a line end in it is replaced if it arrives in one piece.
 */
export class WholeLines {
  private pending: Buffer[] = []
  private size = 0

  constructor(
    private readonly onBytes: (bytes: Buffer) => void,
    private readonly replacement: Replacement
  ) {}

  push(data: Buffer): void {
    const end = data.lastIndexOf(0x0a) + 1
    if (end > 0) {
      this.add(data.subarray(0, end))
      this.end()
    }
    this.add(data.subarray(end))
    if (this.size > LONGEST_PIECE + this.replacement.longest) this.cut()
  }

  /** Passes on the rest without a line end. */
  end(): void {
    if (this.size > 0) this.onBytes(this.take())
  }

  /** Passes on the beginning of a long line. A text that begins in the rest is not complete yet. */
  private cut(): void {
    const bytes = this.take()
    const end = Math.max(0, bytes.length - this.replacement.longest)
    if (end > 0) this.onBytes(bytes.subarray(0, end))
    this.add(bytes.subarray(end))
  }

  private take(): Buffer {
    const bytes = this.replacement.apply(Buffer.concat(this.pending))
    this.pending = []
    this.size = 0
    return bytes
  }

  private add(bytes: Buffer): void {
    this.pending.push(bytes)
    this.size += bytes.length
  }
}

/** Keeps the last lines of a stream, up to a number of them. */
export class LineTail {
  private readonly lines: string[] = []

  constructor(private readonly size: number) {}

  push(line: string): void {
    this.lines.push(line)
    if (this.lines.length > this.size) this.lines.shift()
  }

  text(): string {
    return this.lines.join('\n')
  }
}
