import type { CommandResult } from '../../src/docker/process-group.js'
import type { Docker, RunOptions } from '../../src/docker/docker.js'
import type { ContainerConfig, ImageConfig } from '../../src/docker/inspect.js'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { dockerFailure } from '../../src/docker/failure.js'

export interface Call {
  args: string[]
  options: RunOptions
}

export type Reply = Partial<CommandResult> | string

export function imageJson(fields: Partial<ImageConfig> = {}): string {
  return JSON.stringify([{ Id: 'sha256:1', Architecture: 'amd64', RootFS: {}, Config: {}, ...fields }])
}

/** The response to `docker container inspect` about one container. */
export function containerJson(fields: { [Name in keyof ContainerConfig]?: object }): string {
  return JSON.stringify([fields])
}

/** A Docker whose commands a function answers; it remembers them. */
export function fakeDocker(answer: (args: string[]) => Reply | Promise<Reply>): Docker & { calls: Call[] } {
  const calls: Call[] = []
  async function attempt(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    calls.push({ args: [...args], options })
    const reply = await answer([...args])
    const result = {
      exitCode: 0,
      stdout: '',
      stderr: '',
      ...(typeof reply === 'string' ? { stdout: reply } : reply)
    }
    for (const line of `${result.stdout}${result.stderr}`.split('\n').filter(Boolean)) options.onLine?.(line)
    return result
  }
  return {
    calls,
    hasAnswered: () => calls.length > 0,
    attempt,
    run: async (args, options) => {
      const result = await attempt(args, options)
      if (result.exitCode !== 0) throw dockerFailure(args, result)
      return result.stdout.trim()
    },
    stream: async (args, take) => {
      const result = await attempt(args)
      if (result.exitCode !== 0) throw dockerFailure(args, result)
      return await take(Readable.from(piecesOf(Buffer.from(result.stdout, 'latin1'))))
    },
    feed: async (args, input) => {
      const given = await buffer(input)
      const result = await attempt([...args, given.toString('latin1')])
      if (result.exitCode !== 0) throw dockerFailure(args, result)
    }
  }
}

/** Pieces as a pipe has them, of at most 64 KiB. */
function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
