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
