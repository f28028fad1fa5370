import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerRoot } from './docker/docker.js'
import { isRoot } from './home.js'
import { isAlive } from './lock.js'
import type { Progress } from './progress.js'

export interface LabRegistry {
  /** Host and port, as in a reference. */
  address: string
  description: string
}

/** Storage folder of the registry, in Docker's root folder. */
const STORAGE = 'var/lib/lab-registry'

/** LAB_REGISTRY, or Debian's docker-registry on a loopback port. */
export async function ensureRegistry(home: string, progress: Progress): Promise<LabRegistry> {
  const given = process.env['LAB_REGISTRY']
  if (given) return { address: given, description: `real, at ${given} (LAB_REGISTRY)` }

  const state = await savedState(home)
  if (state && isAlive(state.pid) && (await answers(state.port))) return described(state.port)
  if (!isRoot())
    throw new Error(
      "Only root can start the lab's registry. Set LAB_REGISTRY to one that this machine may push to."
    )

  const root = await dockerRoot(home, progress)
  progress('Starting the registry ...')
  const port = await freePort()
  const configuration = [
    'version: 0.1',
    'log: { level: warn }',
    `storage: { filesystem: { rootdirectory: /${STORAGE} }, delete: { enabled: true } }`,
    `http: { addr: "127.0.0.1:${port}" }`,
    ''
  ].join('\n')
  await writeFile(path.join(root, 'etc/lab-registry.yml'), configuration)
  await mkdir(path.join(root, STORAGE), { recursive: true })
  const log = openSync(path.join(home, 'registry.log'), 'a')
  const daemon = spawn('chroot', [root, 'docker-registry', 'serve', '/etc/lab-registry.yml'], {
    detached: true,
    stdio: ['ignore', log, log]
  })
  daemon.unref()
  await writeFile(stateFile(home), JSON.stringify({ pid: daemon.pid, port }))
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === 100) throw new Error(`The lab's registry did not start; see ${home}/registry.log`)
    await sleep(100)
  }
  return described(port)
}

/** Ends the registry, and removes what was pushed to it. Does nothing when it does not run. */
export async function stopRegistry(home: string): Promise<boolean> {
  const state = await savedState(home)
  await rm(stateFile(home), { force: true })
  if (!state || !isAlive(state.pid)) return false
  process.kill(state.pid, 'SIGTERM')
  for (let tries = 0; isAlive(state.pid) && tries < 50; tries++) await sleep(100)
  await rm(path.join(home, 'engine', STORAGE), { recursive: true, force: true })
  return true
}

function described(port: number): LabRegistry {
  return { address: `localhost:${port}`, description: `real, Debian's docker-registry on port ${port}` }
}

async function savedState(home: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(stateFile(home), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as { pid: number; port: number })
}

function stateFile(home: string): string {
  return path.join(home, 'registry.json')
}

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/v2/`).then(
    (response) => response.ok,
    () => false
  )
}

/** A port on the loopback that nobody has. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
