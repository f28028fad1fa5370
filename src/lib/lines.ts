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

/** Passes on all bytes of a stream unchanged, in whole lines, so that two streams can go into one file. */
export class WholeLines {
  private pending: Buffer[] = []
  private size = 0

  constructor(private readonly onBytes: (bytes: Buffer) => void) {}

  push(data: Buffer): void {
    const end = data.lastIndexOf(0x0a) + 1
    if (end > 0) {
      this.add(data.subarray(0, end))
      this.end()
    }
    this.add(data.subarray(end))
    if (this.size > LONGEST_PIECE) this.end()
  }

  /** Passes on the rest without a line end. */
  end(): void {
    if (this.size > 0) this.onBytes(Buffer.concat(this.pending))
    this.pending = []
    this.size = 0
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
