import { exec } from '@actions/exec'
import type { Milliseconds } from '../lib/values.js'
import { withResolvers } from '../lib/with-resolvers.js'

/** Commands that Docker usually answers within a second (docs/decisions/commands.md). */
const SHORT = new Set(['--version', 'version', 'info', 'context', 'image', 'history', 'network', 'tag'])

/** Returns whether a command may run to its end after a cancellation; one with a timeout may not. */
export function isShort([command = '']: readonly string[], timeout: Milliseconds | undefined): boolean {
  return timeout === undefined && SHORT.has(command)
}

/**
 * Runs a short `docker` command and returns its exit code. Rejects with the reason of a cancellation at once, and with an error
 * if the client is not on PATH.
 */
export async function runShort(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onData: (stream: 'stdout' | 'stderr', data: Buffer) => void,
  cancelled: AbortSignal | undefined
): Promise<number> {
  // exec resolves to null when a signal ends the client, although its type says number.
  const exitCode: Promise<number | null> = exec('docker', [...args], {
    env: env as Record<string, string>,
    // Nothing of the command may reach our own stdout: the step's log, or the output of the command line.
    silent: true,
    ignoreReturnCode: true,
    listeners: { stdout: (data) => onData('stdout', data), stderr: (data) => onData('stderr', data) }
  })
  const aborted = withResolvers<never>()
  const abort = (): void => aborted.reject(cancelled?.reason as Error)
  cancelled?.addEventListener('abort', abort)
  try {
    return (await Promise.race([exitCode, aborted.promise])) ?? 1
  } finally {
    cancelled?.removeEventListener('abort', abort)
  }
}
