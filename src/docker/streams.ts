import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EXPIRED, within, type Clock } from '../lib/clock.js'
import { isDiskFull } from '../lib/disk.js'
import type { Milliseconds } from '../lib/values.js'
import { dockerFailure } from './failure.js'
import { startGroup, type GroupOptions } from './process-group.js'

// Commands of Docker whose output or input is too large to be kept in memory.

/** Maximum of each stream of a command that is kept, in characters: the end of the output. */
const KEPT_OUTPUT = 1024 * 1024

/** Time for the client's error message after its output broke off. */
const SETTLING_TIME: Milliseconds = 1000

/** Passes the stdout of `docker ARGS` to a reader; throws a Failure if the exit code is not 0. */
export async function readOutput<T>(
  args: readonly string[],
  read: (stdout: Readable) => Promise<T>,
  { clock, ...options }: GroupOptions & { clock: Clock }
): Promise<T> {
  const group = startGroup('docker', args, options)
  let stderr = ''
  group.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = keptOf(stderr, text)))
  const failure = (exitCode: number): Error => dockerFailure(args, { exitCode, stdout: '', stderr })
  try {
    const [value, exitCode] = await Promise.all([
      read(group.stdout).catch(async (error: unknown) => {
        if (isDiskFull(error)) throw error
        // Output that breaks off is usually the consequence of an error of the client.
        const code = await within(group.ended, SETTLING_TIME, clock)
        throw code === 0 || code === EXPIRED ? error : failure(code)
      }),
      group.ended
    ])
    if (exitCode !== 0) throw failure(exitCode)
    return value
  } finally {
    group.kill()
  }
}

/** Passes a stream to the stdin of `docker ARGS`; throws a Failure if the exit code is not 0. */
export async function writeInput(
  args: readonly string[],
  input: Readable,
  options: GroupOptions
): Promise<void> {
  const { stdin, stdout, stderr, ended, kill } = startGroup('docker', args, { ...options, input: true })
  let output = ''
  for (const stream of [stdout, stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = keptOf(output, text)))
  try {
    if (stdin === null) throw new Error('the client has no input')
    const [sent, exitCode] = await Promise.all([
      pipeline(input, stdin).then(
        () => undefined,
        (error: unknown) => error as Error
      ),
      ended
    ])
    // A client that ends early closes its input: then its exit code and its message say why.
    if (sent && !isClosedPipe(sent)) throw sent
    if (exitCode !== 0) throw dockerFailure(args, { exitCode, stdout: '', stderr: output })
    if (sent) throw sent
  } finally {
    kill()
  }
}

function isClosedPipe(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

/** Returns the end of the text before and the new one together. */
export function keptOf(before: string, text: string): string {
  return (before + text).slice(-KEPT_OUTPUT)
}
