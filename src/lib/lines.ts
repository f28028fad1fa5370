import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut: a log without line ends must not fill the memory. In characters. */
export const LONGEST_LINE = 4096

/** Cuts a stream of bytes into lines. Bytes that are not UTF-8 become U+FFFD. */
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

  /** Hands out what is left without a line end. */
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

/** Longer pieces of a line are handed on before its end. In bytes. */
const LONGEST_PIECE = 64 * 1024

/** Hands on all bytes of a stream, as they are, in whole lines: so two streams can go into one file. */
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

  /** Hands on what is left without a line end. */
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

/** The last lines of a stream, a bounded number of them. */
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
