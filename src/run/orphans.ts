import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/** Environment variable of every docker client and script of a run; its value is the id of the run. */
export const RUN_VARIABLE = 'CRAC_CHECKPOINT_RUN'

/**
 * Ends the docker clients and scripts that a killed run left: a build would go on, and tag its image after the clean-up.
 * Returns how many there were. `proc` is the folder of the proc file system.
 */
export async function endOrphans(run: string, proc = '/proc'): Promise<number> {
  const entry = `${RUN_VARIABLE}=${run}`
  let ended = 0
  for (const name of await readdir(proc)) {
    if (!/^\d+$/.test(name)) continue
    // Not ours to read, or gone by now: not ours to end.
    const environment = await readFile(path.join(proc, name, 'environ'), 'latin1').catch(() => '')
    if (!environment.split('\0').includes(entry)) continue
    try {
      process.kill(Number(name), 'SIGKILL')
      ended++
    } catch {
      // It ended by itself.
    }
  }
  return ended
}
