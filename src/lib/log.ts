import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.js'
import { oneLine, plainText, withoutMiddle } from './text.js'
import type { Milliseconds } from './values.js'

/** The step's log. Lines of containers and builds go through `untrusted`. */
export interface Log {
  info(line: string): void
  /** Writes an annotation. */
  warning(line: string): void
  /** Writes a line of a container or a build: nothing in it can act as a workflow command. */
  untrusted(line: string): void
  /** Closes the fence for good: later untrusted lines are dropped, so that none comes between our own commands. */
  end(): void
  /** Writes a foldable group with the lines of the work. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>
}

/** Returns a log that also collects its warnings in a list. */
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

/** GitHub shows ten warnings of a step. */
const MOST_WARNINGS = 10

/** Maximum size of an annotation, in bytes: GitHub accepts 64 KB. */
const LONGEST_WARNING = 48 * 1024

/** What the runner executes: `::name` at the start of a line after invisible characters, and `##[name]` anywhere. */
const COMMAND = /^[^\p{L}\p{N}]*::|##\[/u

/**
 * Returns a log whose untrusted lines stand between `::stop-commands::TOKEN` and `::TOKEN::`, with a token that their writer
 * cannot know. This fence is closed before any line of our own.
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

  /** Writes a line of our own, which may quote untrusted text. */
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
    untrusted(line) {
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

/** Time between two lines of progress. */
const PROGRESS_INTERVAL: Milliseconds = 5000

/** Returns a listener that logs the progress of a long transfer. Sizes are in bytes. */
export function logProgress(log: Log, clock: Clock): (bytes: number, total: number | undefined) => void {
  let last = clock.now()
  return (bytes, total) => {
    if (clock.now() - last < PROGRESS_INTERVAL) return
    last = clock.now()
    const share = total === undefined ? '' : ` of ${(total / 1e6).toFixed(0)}`
    log.info(`${(bytes / 1e6).toFixed(0)}${share} MB ...`)
  }
}
