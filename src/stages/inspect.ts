import path from 'node:path'
import { inspectRunner, type Runner } from '../runner/inspect.js'
import { isLocal } from '../runner/reach.js'
import { sweep } from '../run/sweep.js'
import type { Run } from './run.js'

/** Finds out what this machine can do, and says so. */
export async function inspectTheRunner({ id, inputs, world, steps }: Run): Promise<Runner> {
  const { docker, log } = world
  return await steps.run('inspect', 'Inspect the runner', async () => {
    const found = await inspectRunner(
      { docker, platform: world.platform, hostname: world.hostname, onLine: (line) => log.foreign(line) },
      {
        run: id,
        baseImage: inputs.baseImage,
        privileges: inputs.privileges,
        criu: inputs.criu,
        warp: inputs.engine === 'warp',
        // A rebuild that does nothing when nothing changed has to look for a newer base image.
        refresh: inputs.skipUnchanged
      }
    )
    log.info(`Docker ${found.version} on ${found.architecture}, kernel ${found.kernel}.`)
    await sweep({
      docker,
      localEngine: isLocal(found.reach),
      folder: path.dirname(world.runFolder),
      info: (line) => log.info(line)
    })
    for (const { level, reason } of found.refused)
      log.info(`Privileges ${level} are not to be had: ${reason}`)
    return found
  })
}
