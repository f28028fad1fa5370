/** A line of a step's log, as the runner understands it. */
export type LogLine = { kind: 'text'; text: string } | { kind: 'command'; name: string; message: string }

/**
 * Reads a step's log as the runner does: `::name ...::message` is a command, unless it stands between
 * `::stop-commands::TOKEN` and `::TOKEN::`.
 */
export class LogReader {
  private token: string | undefined

  /** What the line is; undefined for the fence itself. */
  read(line: string): LogLine | undefined {
    if (this.token !== undefined) {
      if (line !== `::${this.token}::`) return { kind: 'text', text: line }
      this.token = undefined
      return undefined
    }
    const [, name, message = ''] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? []
    if (name === undefined) return { kind: 'text', text: line }
    if (name === 'stop-commands') {
      this.token = message
      return undefined
    }
    return { kind: 'command', name, message: unescape(message) }
  }
}

function unescape(message: string): string {
  return message.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
