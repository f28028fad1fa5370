import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { attempt } from '../command.js'
import { PROJECT } from '../home.js'
import { isAlive } from '../lock.js'
import { runningDocker } from './client.js'
import type { EngineKind } from './kind.js'

export interface Daemon {
  root: string
  /** Folder of this machine for the socket. */
  sockets: string
  log: string
  bridge: { name: string; address: string }
  /** Folder of the root for images and containers. */
  data: string
  /** Settings of its daemon.json; without them, its defaults. */
  settings?: EngineKind['settings']
  /** Size of the disk of Docker, in the notation of tmpfs; without it, the disk of the machine. */
  size?: string | undefined
}

/** What the engine itself would leave in its build cache, after hundreds of runs, fills disks. */
const MOST_BUILD_CACHE = '5GB'

/** Time in which the containers of an engine that stops have to end, in seconds. */
const LONGEST_STOP_S = 60

/** Starts an engine and waits until it answers; its process id. */
export async function start(daemon: Daemon, environment: NodeJS.ProcessEnv): Promise<number> {
  const { root, sockets, bridge, data, size, settings = {} } = daemon
  await mkdir(sockets, { recursive: true })
  // Without this, an engine that stops leaves a container behind that has not ended after 15 s, with its address in use.
  const patience = { 'shutdown-timeout': LONGEST_STOP_S }
  const builder = { gc: { enabled: true, defaultKeepStorage: MOST_BUILD_CACHE } }
  await writeFile(path.join(sockets, 'daemon.json'), JSON.stringify({ builder, ...patience, ...settings }))
  const log = openSync(daemon.log, 'a')
  const script = path.join(PROJECT, 'lab/docker/start-docker.sh')
  const args = [root, sockets, bridge.name, bridge.address, data, ...(size === undefined ? [] : [size])]
  const child = spawn('unshare', ['--mount', script, ...args], {
    detached: true,
    stdio: ['ignore', log, log]
  })
  child.unref()
  const pid = child.pid ?? 0
  for (let tries = 0; !(await runningDocker(environment)); tries++) {
    if (tries === 120 || !isAlive(pid)) {
      const lines = (await readFile(daemon.log, 'utf8')).trim().split('\n').slice(-15)
      throw new Error(`The lab's engine did not start; the end of ${daemon.log}:\n${lines.join('\n')}`)
    }
    await sleep(250)
  }
  return pid
}

/**
 * Ends an engine if it runs, waits until it has ended, and deletes its bridge. An engine that had to give up a container leaves
 * the network of that container on the bridge, where it would respond for the next container with its address.
 */
export async function end(pid: number, root: string, bridge: string): Promise<void> {
  if (isAlive(pid)) process.kill(pid, 'SIGTERM')
  for (let tries = 0; isAlive(pid) && tries < 6 * LONGEST_STOP_S; tries++) await sleep(250)
  await attempt('chroot', [root, 'ip', 'link', 'delete', bridge])
}
