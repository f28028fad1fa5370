import { spawn, type SpawnOptions } from 'node:child_process'

export interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Called with each chunk of both streams. */
  onOutput?: (text: string) => void
}

export interface Finished {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command to its end; never through a shell. */
export async function attempt(
  command: string,
  args: string[],
  options: CommandOptions = {}
): Promise<Finished> {
  return await new Promise((resolve) => {
    const spawnOptions: SpawnOptions = {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe']
    }
    const child = spawn(command, args, spawnOptions)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        options.onOutput?.(text)
      })
    }
    child.on('error', (error) =>
      resolve({ code: 127, ...output, stderr: `${output.stderr}${error.message}` })
    )
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), ...output }))
  })
}

/** Runs a command that must succeed, and returns its trimmed stdout. */
export async function run(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const result = await attempt(command, args, options)
  if (result.code !== 0) {
    const words = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-25).join('\n')
    throw new Error(
      `${command} ${args.slice(0, 3).join(' ')} ... failed with exit code ${result.code}:\n${words}`
    )
  }
  return result.stdout.trim()
}
