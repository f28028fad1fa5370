import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { withLock } from '../lock.js'
import { progressOnStderr } from '../progress.js'
import { clientEnvironment } from './client.js'
import { end, start, type Daemon } from './daemon.js'
import { type EngineKind, engineRoot, ownRoot } from './kind.js'

/** Ends an engine, and starts it again with all that it has. */
export interface Switch {
  off: () => Promise<void>
  on: () => Promise<void>
}

/** What kind of engine it is; without anything, that of Debian 13 with its default settings and the disk of the machine. */
export type EngineOptions = Partial<EngineKind> & Pick<Daemon, 'size'>

/**
 * Another engine of the lab, without any image, as a machine that has never seen one; it is gone when the work is done. Only
 * where the lab's own engine can run. The first one of the testing suite takes about two minutes: its root folder is made then.
 */
export async function withEmptyDocker<T>(
  home: string,
  work: (environment: NodeJS.ProcessEnv, power: Switch) => Promise<T>,
  { suite = 'trixie', ...options }: EngineOptions = {}
): Promise<T> {
  const own = ownRoot(home)
  const root = await withLock(home, async () => await engineRoot(home, suite, progressOnStderr))
  const place = await mkdtemp(path.join(home, 'empty-'))
  const name = path.basename(place)
  const sockets = path.join(place, 'run')
  const environment = await clientEnvironment(home, own, sockets)
  // Of another network than any engine beside it, which may be that of another lab.
  const bridge = {
    name: `crac-${name.slice(-6)}`,
    address: `172.${randomInt(24, 30)}.${randomInt(256)}.1/24`
  }
  const data = `/var/lib/docker-${name}`
  const daemon = { root, sockets, log: path.join(home, 'engine.log'), bridge, data, ...options }
  let pid = await start(daemon, environment)
  const power: Switch = {
    off: async () => await end(pid, root, bridge.name),
    on: async () => void (pid = await start(daemon, environment))
  }
  try {
    return await work(environment, power)
  } finally {
    await end(pid, root, bridge.name)
    await rm(place, { recursive: true })
    await rm(path.join(root, data), { recursive: true, force: true })
  }
}
