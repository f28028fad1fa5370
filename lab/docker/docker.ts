import { createHash, randomInt } from 'node:crypto'
import { existsSync, openSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, run } from '../command.js'
import { debianRoot } from '../debian.js'
import { isRoot, PROJECT } from '../home.js'
import { isAlive } from '../lock.js'
import type { Progress } from '../progress.js'

/** A Docker engine, and the environment in which the `docker` command reaches it. */
export interface LabDocker {
  environment: NodeJS.ProcessEnv
  description: string
  /** Whether the lab started it, and so can start others beside it. */
  own: boolean
}

/** Docker 20.10, which Debian 12 has, does not know the capability CHECKPOINT_RESTORE. */
const OLDEST_ENGINE = 24

const PACKAGES = [
  'docker.io',
  'docker-cli',
  'docker-buildx',
  'docker-compose',
  'docker-registry',
  'iptables',
  'iproute2',
  'ca-certificates'
]

/** LAB_DOCKER_HOST, or an engine that runs already, or one of the lab's own. */
export async function ensureDocker(home: string, progress: Progress): Promise<LabDocker> {
  const given = process.env['LAB_DOCKER_HOST']
  if (given)
    return {
      environment: { ...process.env, DOCKER_HOST: given },
      description: `real, at ${given} (LAB_DOCKER_HOST)`,
      own: false
    }

  const running = await runningDocker()
  if (running)
    return {
      environment: process.env,
      description: `real, Docker ${running}, the one that runs here`,
      own: false
    }
  if (!isRoot()) {
    throw new Error(
      `No Docker engine ${OLDEST_ENGINE} or newer runs here, and only root can start the lab's own. ` +
        'Start one, set LAB_DOCKER_HOST, or run this as root.'
    )
  }
  return await ownDocker(home, progress)
}

/** Version of the engine that `docker` reaches by itself, if it is new enough. */
export async function runningDocker(
  environment: NodeJS.ProcessEnv = process.env
): Promise<string | undefined> {
  const format = ['version', '--format', '{{.Server.Version}}']
  const { code, stdout } = await attempt('docker', format, { env: environment })
  const version = stdout.trim()
  return code === 0 && parseInt(version, 10) >= OLDEST_ENGINE ? version : undefined
}

/** Root folder of the lab's engine; docker-registry is in there as well. */
export async function dockerRoot(home: string, progress: Progress): Promise<string> {
  return await debianRoot(home, 'engine', PACKAGES, progress)
}

/** The lab's own Docker engine of a number: each has its own images, so that tests can run side by side. */
export async function ownDocker(home: string, progress: Progress, number = 1): Promise<LabDocker> {
  const root = await dockerRoot(home, progress)
  const name = nameOf(number)
  const sockets = path.join(home, `run${name}`)
  const environment = await clientEnvironment(home, root, sockets)
  if (!(await runningDocker(environment))) {
    progress("Starting the lab's Docker engine ...")
    const log = path.join(home, 'engine.log')
    const place = { bridge: bridgeOf(home, name), data: `/var/lib/docker${name}` }
    const pid = await start({ root, sockets, log, ...place, features: {} }, environment)
    await writeFile(pidFile(home, name), String(pid))
  }
  const version = await runningDocker(environment)
  return { environment, description: `real, Docker ${version} of Debian 13, started by the lab`, own: true }
}

/** Ends an engine, and starts it again with all that it has. */
export interface Switch {
  off: () => Promise<void>
  on: () => Promise<void>
}

/**
 * Another engine of the lab, without any image, as a machine that has never seen one; it is gone when the work is done. Only
 * where the lab's own engine can run. With the features of its daemon.json that are given
 * (https://docs.docker.com/reference/cli/dockerd/#feature-options); with a size (`800m`), its disk is that small.
 */
export async function withEmptyDocker<T>(
  home: string,
  work: (environment: NodeJS.ProcessEnv, power: Switch) => Promise<T>,
  { features = {}, size }: Partial<Pick<Daemon, 'features' | 'size'>> = {}
): Promise<T> {
  const root = path.join(home, 'engine')
  const place = await mkdtemp(path.join(home, 'empty-'))
  const name = path.basename(place)
  const sockets = path.join(place, 'run')
  const environment = await clientEnvironment(home, root, sockets)
  // Of another network than any engine beside it, which may be that of another lab.
  const bridge = {
    name: `crac-${name.slice(-6)}`,
    address: `172.${randomInt(24, 30)}.${randomInt(256)}.1/24`
  }
  const data = `/var/lib/docker-${name}`
  const daemon = { root, sockets, log: path.join(home, 'engine.log'), bridge, data, features, size }
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

interface Daemon {
  root: string
  /** Folder of this machine for the socket. */
  sockets: string
  log: string
  bridge: { name: string; address: string }
  /** Folder of the root for images and containers. */
  data: string
  features: Record<string, boolean>
  /** Size of the disk of Docker, in the notation of tmpfs; without it, the disk of the machine. */
  size?: string | undefined
}

/** What the engine itself would leave in its build cache, after hundreds of runs, fills disks. */
const MOST_BUILD_CACHE = '5GB'

/** Starts an engine and waits until it answers; its process id. */
async function start(daemon: Daemon, environment: NodeJS.ProcessEnv): Promise<number> {
  const { root, sockets, bridge, data, size } = daemon
  await mkdir(sockets, { recursive: true })
  const builder = { gc: { enabled: true, defaultKeepStorage: MOST_BUILD_CACHE } }
  await writeFile(path.join(sockets, 'daemon.json'), JSON.stringify({ features: daemon.features, builder }))
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

async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  for (let tries = 0; isAlive(pid) && tries < 120; tries++) await sleep(250)
}

async function clientEnvironment(home: string, root: string, sockets: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...process.env,
    DOCKER_HOST: `unix://${sockets}/docker.sock`,
    DOCKER_CONFIG: await clientConfig(home, root),
    PATH: `${await clientFolder(home, root)}:${process.env['PATH']}`
  }
}

/** Ends the Docker engines of the lab and everything in them. Does nothing where none runs. */
export async function stopDocker(home: string): Promise<boolean> {
  const files = (await readdir(home)).filter((name) => /^engine(-\d+)?\.pid$/.test(name))
  const stopped = files.map(async (file) => await stopOne(home, /-\d+/.exec(file)?.[0] ?? ''))
  return (await Promise.all(stopped)).includes(true)
}

async function stopOne(home: string, name: string): Promise<boolean> {
  const pid = Number(await readFile(pidFile(home, name), 'utf8'))
  if (!pid || !isAlive(pid)) return false
  const environment = { ...process.env, DOCKER_HOST: `unix://${home}/run${name}/docker.sock` }
  const containers = (await attempt('docker', ['ps', '--quiet'], { env: environment })).stdout
    .split('\n')
    .filter(Boolean)
  if (containers.length > 0) await attempt('docker', ['kill', ...containers], { env: environment })
  // Images whose tag went to a newer one.
  await attempt('docker', ['image', 'prune', '--force'], { env: environment })
  await end(pid)
  await rm(pidFile(home, name), { force: true })
  await attempt('chroot', [path.join(home, 'engine'), 'ip', 'link', 'delete', bridgeOf(home, name).name])
  return true
}

/** What the files and folders of an engine have in their names: nothing for the first one. */
function nameOf(number: number): string {
  return number === 1 ? '' : `-${number}`
}

function pidFile(home: string, name: string): string {
  return path.join(home, `engine${name}.pid`)
}

/** The bridge of an engine. Engines of one lab have networks side by side, so that none has that of another. */
function bridgeOf(home: string, name: string): { name: string; address: string } {
  const hash = createHash('sha256').update(home).digest()
  const third = ((hash[0] ?? 0) + Number(name.slice(1))) % 256
  // The name of a network interface has at most 15 characters.
  return { name: `crac-${hash.toString('hex').slice(0, 7)}${name.slice(1)}`, address: `172.30.${third}.1/24` }
}

/** A DOCKER_CONFIG of the lab's own: with buildx and compose of Debian 13, and without the user's logins. */
async function clientConfig(home: string, root: string): Promise<string> {
  const config = path.join(home, 'docker-config')
  for (const name of ['docker-buildx', 'docker-compose']) {
    const plugin = path.join(config, 'cli-plugins', name)
    if (existsSync(plugin)) continue
    await mkdir(path.dirname(plugin), { recursive: true })
    await cp(path.join(root, 'usr/libexec/docker/cli-plugins', name), plugin)
  }
  return config
}

/** Folder with the `docker` command: empty where the machine has one, else with that of Debian 13. */
async function clientFolder(home: string, root: string): Promise<string> {
  const folder = path.join(home, 'bin')
  await mkdir(folder, { recursive: true })
  const client = path.join(folder, 'docker')
  const onPath = (await attempt('which', ['docker'])).code === 0
  if (!onPath && !existsSync(client)) await symlink(path.join(root, 'usr/bin/docker'), client)
  return folder
}

/** A Debian 13 with CRIU in a Docker engine: LAB_BASE_IMAGE, or one made here. */
export async function ensureBaseImage(
  home: string,
  engine: Pick<LabDocker, 'environment'>,
  progress: Progress
): Promise<string> {
  const given = process.env['LAB_BASE_IMAGE']
  if (given) return given
  const name = 'crac-checkpoint-lab/base:trixie-slim'
  const { code } = await attempt('docker', ['image', 'inspect', name], { env: engine.environment })
  if (code === 0) return name
  if (!isRoot())
    throw new Error('Only root can make the base image of the lab. Set LAB_BASE_IMAGE to a Debian 13 image.')
  const root = await debianRoot(home, 'base', ['criu', 'libcap2-bin'], progress)
  progress('Importing the base image ...')
  const archive = path.join(home, `base-${process.pid}.tar`)
  // Without what Debian's slim images leave out as well: every image that is built on it is a third smaller.
  const left = ['doc', 'info', 'locale', 'man'].map((folder) => `--exclude=./usr/share/${folder}/*`)
  await run('tar', ['--directory', root, '--one-file-system', ...left, '--create', '--file', archive, '.'])
  await run('docker', ['import', archive, name], { env: engine.environment })
  await rm(archive)
  return name
}
