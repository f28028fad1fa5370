import path from 'node:path'
import { attempt, run, type CommandOptions, type Finished } from '../command.js'

/** A login as root on a virtual machine. */
export interface Connection {
  /** Runs a command there. Its words reach the program as they are. */
  attempt: (command: readonly string[], options?: RemoteOptions) => Promise<Finished>
  /** Runs a command that must succeed, and returns its trimmed stdout. */
  run: (command: readonly string[], options?: RemoteOptions) => Promise<string>
  /** Copies files and folders of this machine into a folder there. */
  copyIn: (files: readonly string[], folder: string) => Promise<void>
  close: () => Promise<void>
}

export interface RemoteOptions extends Pick<CommandOptions, 'onOutput'> {
  /** Time limit in seconds. */
  limit?: number
}

/** Time for a command, in seconds: an emulated CPU is about twenty times slower than the machine's own. */
const LIMIT = 900

const HOST = 'root@127.0.0.1'

/** Connects to a port of this machine that leads to the SSH server of a virtual machine. */
export function connect(port: number, key: string, folder: string): Connection {
  const options = [
    ...['-i', key, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
    ...['-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=60'],
    // One connection for all commands: an emulated CPU takes seconds to make one.
    ...['-o', 'ControlMaster=auto', '-o', `ControlPath=${path.join(folder, `ssh-${port}`)}`]
  ]
  const ssh = ['ssh', ...options, '-o', 'ControlPersist=yes', '-p', String(port)]
  const connection: Connection = {
    attempt: async (command, { limit = LIMIT, ...rest } = {}) =>
      await attempt('timeout', [String(limit), ...ssh, HOST, command.map(quoted).join(' ')], rest),
    run: async (command, given) => {
      const { code, stdout, stderr } = await connection.attempt(command, given)
      if (code === 0) return stdout.trim()
      const lines = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n')
      throw new Error(`${command.slice(0, 4).join(' ')} ... failed with exit code ${code}:\n${lines}`)
    },
    copyIn: async (files, target) => {
      await connection.run(['mkdir', '-p', target])
      const scp = ['scp', ...options, '-q', '-r', '-P', String(port), ...files, `${HOST}:${target}`]
      await run('timeout', [String(LIMIT), ...scp])
    },
    close: async () => void (await attempt('timeout', ['10', ...ssh, '-O', 'exit', HOST]))
  }
  return connection
}

/** Returns a word as the shell that SSH starts has to read it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
