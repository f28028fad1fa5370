import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.js'
import { oneLine, plainText, withoutMiddle } from './text.js'

/** The step's log. Lines of containers and builds go through `foreign`. */
export interface Log {
  info(line: string): void
  /** An annotation. */
  warning(line: string): void
  /** A line that others wrote: nothing in it can act as a workflow command. */
  foreign(line: string): void
  /** Closes the fence for good: later foreign lines are dropped, so that a command of ours cannot stand among them. */
  end(): void
  /** A foldable part of the log, with the time that it took at its end. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>
}

/** The same log, which keeps its warnings too. */
export function noting(log: Log, warnings: string[]): Log {
  return {
    ...log,
    warning(line) {
      warnings.push(line)
      log.warning(line)
    }
  }
}

/** Writers of the workflow-command protocol, as @actions/core has them. */
export interface LogWriter {
  info(line: string): void
  warning(line: string): void
  startGroup(title: string): void
  endGroup(): void
}

/** GitHub shows ten warnings of a step, and nobody the eleventh. */
const MOST_WARNINGS = 10

/** Of one annotation, in bytes: GitHub takes 64 KB. */
const LONGEST_WARNING = 48 * 1024

/** What the runner takes for a command: `::name` at the start of a line, `##[name]` anywhere; it skips what is not seen. */
const COMMAND = /^[^\p{L}\p{N}]*::|##\[/u

/**
 * A log whose foreign lines stand between `::stop-commands::TOKEN` and `::TOKEN::`, with a token that
 * their writer cannot know. The fence is closed before any line of our own.
 */
export function createLog(writer: LogWriter): Log {
  let token: string | undefined
  let ended = false
  let warnings = 0

  function closeFence(): void {
    if (token === undefined) return
    writer.info(`::${token}::`)
    token = undefined
  }

  function openFence(): void {
    if (token !== undefined) return
    token = randomUUID()
    writer.info(`::stop-commands::${token}`)
  }

  /** Our own words, which may quote those of others. */
  function info(line: string): void {
    closeFence()
    const shown = oneLine(line)
    if (!COMMAND.test(shown)) return writer.info(shown)
    openFence()
    writer.info(shown)
    closeFence()
  }

  return {
    info,
    warning(line) {
      closeFence()
      warnings++
      if (warnings > MOST_WARNINGS) return info(`Warning: ${line}`)
      const note = warnings === MOST_WARNINGS ? ' (Further warnings are in the log of this step only.)' : ''
      writer.warning(`${withoutMiddle(plainText(line), LONGEST_WARNING)}${note}`)
    },
    foreign(line) {
      if (ended) return
      openFence()
      writer.info(line)
    },
    end() {
      closeFence()
      ended = true
    },
    async group(title, work) {
      closeFence()
      writer.startGroup(oneLine(title))
      try {
        return await work()
      } finally {
        closeFence()
        writer.endGroup()
      }
    }
  }
}

/** Between two lines of progress, in milliseconds. */
const PROGRESS_INTERVAL = 5000

/** Progress of a long transfer as lines of the log. */
export function logProgress(log: Log, clock: Clock): (bytes: number, total: number | undefined) => void {
  let last = clock.now()
  return (bytes, total) => {
    if (clock.now() - last < PROGRESS_INTERVAL) return
    last = clock.now()
    const share = total === undefined ? '' : ` of ${(total / 1e6).toFixed(0)}`
    log.info(`${(bytes / 1e6).toFixed(0)}${share} MB ...`)
  }
}
