import type { Docker } from './docker.js'

/** Commands that may take minutes, and leave nothing but caches when they are ended. */
const LONG = new Set(['pull', 'build'])

/** Returns a Docker whose pulls and builds end with the signal: they reject with its reason. Other commands run to their end. */
export function interruptible(docker: Docker, signal: AbortSignal): Docker {
  const limited = <T extends object>([command = '']: readonly string[], options?: T): T | undefined =>
    LONG.has(command) ? { ...(options as T), signal } : options
  return {
    attempt: (args, options) => docker.attempt(args, limited(args, options)),
    run: (args, options) => docker.run(args, limited(args, options)),
    hasAnswered: () => docker.hasAnswered(),
    stream: (args, read, own) => docker.stream(args, read, own),
    feed: (args, input, own) => docker.feed(args, input, own)
  }
}
