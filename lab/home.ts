import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the checkout. */
export const PROJECT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

/** Where the lab keeps what it made: LAB_HOME, or a cache folder of the machine or of the user. */
export function labHome(environment: NodeJS.ProcessEnv = process.env): string {
  const home =
    environment['LAB_HOME'] ??
    (isRoot()
      ? '/var/cache/crac-checkpoint-lab'
      : path.join(environment['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'crac-checkpoint-lab'))
  mkdirSync(home, { recursive: true })
  return path.resolve(home)
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}
