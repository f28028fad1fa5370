import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Environment variable that every docker client and script of a run has, with the id of the run. */
export const RUN_VARIABLE = 'CRAC_CHECKPOINT_RUN'

/**
 * Ends the docker clients and scripts that a killed run left: a build would go on, and tag its image after the clean-up.
 * Returns how many there were. `proc` is the folder of the proc file system.
 */
export async function endOrphans(run: string, proc = '/proc'): Promise<number> {
  const entry = `${RUN_VARIABLE}=${run}`
  let ended = 0
  // Only Linux has it.
  for (const name of await readdir(proc).catch(() => [])) {
    if (!/^\d+$/.test(name)) continue
    // A process that cannot be read belongs to another user, or has ended.
    const environment = await readFile(path.join(proc, name, 'environ'), 'latin1').catch(() => '')
    if (!environment.split('\0').includes(entry)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
      ended++
    } catch {
      // The process has ended by itself.
    }
  }
  return ended
}
