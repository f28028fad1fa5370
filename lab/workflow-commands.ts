/** A line of a step's log, as the runner understands it. */
export type LogLine = { kind: 'text'; text: string } | { kind: 'command'; name: string; message: string }

/** Workflow commands that the runner knows: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
const COMMANDS = new Set([
  ...['add-mask', 'add-matcher', 'add-path', 'debug', 'echo', 'endgroup', 'error', 'group', 'notice'],
  ...['remove-matcher', 'save-state', 'set-env', 'set-output', 'stop-commands', 'warning']
])

/** The lines of a log: the runner ends one at a carriage return too. */
export function linesOf(log: string): string[] {
  return log.split(/\r\n|\n|\r/)
}

/**
 * Reads a step's log as the runner does (src/Runner.Common/ActionCommand.cs of actions/runner): a known name, in any case, is a
 * command as `::name ...::message` at the start of a line, white space before it or not, and as `##[name ...]message` anywhere in one;
 * but for the lines between `::stop-commands::TOKEN` and `::TOKEN::`.
 */
export class LogReader {
  private token: string | undefined

  /** What the line is; undefined for the fence itself. */
  read(line: string): LogLine | undefined {
    const [, found, message = ''] =
      /^\s*::([^ :]+)(?: .*?)?::(.*)$/.exec(line) ?? /##\[([^\] ]+)(?: [^\]]*)?\](.*)$/.exec(line) ?? []
    const name = found?.toLowerCase()
    if (this.token !== undefined) {
      if (name !== this.token) return { kind: 'text', text: line }
      this.token = undefined
      return undefined
    }
    if (name === undefined || !COMMANDS.has(name)) return { kind: 'text', text: line }
    if (name === 'stop-commands') {
      this.token = message.toLowerCase()
      return undefined
    }
    return { kind: 'command', name, message: unescape(message) }
  }
}

function unescape(message: string): string {
  return message.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}
