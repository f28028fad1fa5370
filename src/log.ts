import { randomUUID } from 'node:crypto'
import { appendFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from './clock.js'
import { messageOf } from './errors.js'

/** The step's log. Lines of containers and builds go through `foreign`. */
export interface Log {
  info(line: string): void
  /** An annotation: at most a few a run. */
  warning(line: string): void
  /** A line that others wrote: nothing in it can act as a workflow command. */
  foreign(line: string): void
  /** Closes the fence for good: later foreign lines are dropped, so that a command of ours cannot stand among them. */
  end(): void
  /** A foldable part of the log, with the time that it took at its end. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>
}

/** Writers of the workflow-command protocol, as @actions/core has them. */
export interface LogWriter {
  info(line: string): void
  warning(line: string): void
  startGroup(title: string): void
  endGroup(): void
}

/**
 * A log whose foreign lines stand between `::stop-commands::TOKEN` and `::TOKEN::`, with a token that
 * their writer cannot know. The fence is closed before any line of our own.
 */
export function createLog(writer: LogWriter): Log {
  let token: string | undefined
  let ended = false

  function closeFence(): void {
    if (token === undefined) return
    writer.info(`::${token}::`)
    token = undefined
  }

  return {
    info(line) {
      closeFence()
      writer.info(line)
    },
    warning(line) {
      closeFence()
      writer.warning(line)
    },
    foreign(line) {
      if (ended) return
      if (token === undefined) {
        token = randomUUID()
        writer.info(`::stop-commands::${token}`)
      }
      writer.info(line)
    },
    end() {
      closeFence()
      ended = true
    },
    async group(title, work) {
      closeFence()
      writer.startGroup(title)
      try {
        return await work()
      } finally {
        closeFence()
        writer.endGroup()
      }
    }
  }
}

/** What an application may write before the beginning of it is given up. In bytes. */
const BOUNDS = { file: 64 * 1024 * 1024, shown: 10 * 1024 * 1024 }

/**
 * The same log, which also keeps the foreign lines in a file. One that is full gets the name `FILE.1`, in the place of the one
 * before it, so that the last of what was written is always there. The step's own log has the beginning.
 */
export function keeping(log: Log, file: string, bounds = BOUNDS): Log {
  const name = path.basename(file)
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  let written = 0
  let broken = false

  function keep(text: string): void {
    try {
      if (size >= bounds.file) {
        renameSync(file, `${file}.1`)
        size = 0
      }
      appendFileSync(file, text)
      size += text.length
    } catch (error) {
      // Nobody waits for this line: an error would end the process. A full disk is told by what needs it.
      broken = true
      log.warning(`${name} is not complete: ${messageOf(error)}`)
    }
  }
  return {
    ...log,
    foreign(line) {
      const text = `${line}\n`
      if (!broken) keep(text)
      if (written < bounds.shown) log.foreign(line)
      const before = written
      written += text.length
      if (before < bounds.shown && written >= bounds.shown)
        log.info(`What follows is in ${name}, in the folder of the output \`logs\`.`)
    }
  }
}

/** Between two lines of the progress of one download, in milliseconds. */
const PROGRESS_INTERVAL = 5000

/** Progress of a long download as lines of the log. */
export function logProgress(log: Log, clock: Clock): (bytes: number, total: number | undefined) => void {
  let last = clock.now()
  return (bytes, total) => {
    if (clock.now() - last < PROGRESS_INTERVAL) return
    last = clock.now()
    const share = total === undefined ? '' : ` of ${(total / 1e6).toFixed(0)}`
    log.info(`${(bytes / 1e6).toFixed(0)}${share} MB ...`)
  }
}
