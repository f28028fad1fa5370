import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { attempt } from '../command.js'
import { debianRoot, type Suite } from '../debian.js'
import { isAlive, withLock } from '../lock.js'
import { progressOnStderr } from '../progress.js'
import { clientEnvironment } from './client.js'
import { end, start, type Daemon } from './daemon.js'

/** The engine alone: its client is that of Debian 13, or of the machine. */
const PACKAGES = ['docker.io', 'iptables', 'iproute2', 'ca-certificates']

/** Ends an engine, and starts it again with all that it has. */
export interface Switch {
  off: () => Promise<void>
  on: () => Promise<void>
}

/** What kind of engine it is; without anything, that of Debian 13 with its default settings and the disk of the machine. */
export interface EngineOptions extends Pick<Daemon, 'settings' | 'size'> {
  /** The suite of Debian whose Docker it is: trixie (Debian 13) has Docker 26, forky (testing) Docker 28. */
  suite?: Suite
}

/**
 * Another engine of the lab, without any image, as a machine that has never seen one; it is gone when the work is done. Only
 * where the lab's own engine can run. The first one of the testing suite takes about two minutes: its root folder is made then.
 */
export async function withEmptyDocker<T>(
  home: string,
  work: (environment: NodeJS.ProcessEnv, power: Switch) => Promise<T>,
  { suite = 'trixie', ...options }: EngineOptions = {}
): Promise<T> {
  const own = path.join(home, 'engine')
  const root = suite === 'trixie' ? own : await testingRoot(home)
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
    off: async () => await end(pid),
    on: async () => void (pid = await start(daemon, environment))
  }
  try {
    return await work(environment, power)
  } finally {
    if (isAlive(pid)) await end(pid)
    await attempt('chroot', [root, 'ip', 'link', 'delete', bridge.name])
    await rm(place, { recursive: true })
    await rm(path.join(root, data), { recursive: true, force: true })
  }
}

/** Root folder of the engine of Debian's testing suite. */
async function testingRoot(home: string): Promise<string> {
  return await withLock(
    home,
    async () => await debianRoot(home, 'engine-testing', PACKAGES, progressOnStderr, 'forky')
  )
}
