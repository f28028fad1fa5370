import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attempt, run } from '../command.js'
import { debianRoot } from '../debian.js'
import { isRoot } from '../home.js'
import { isAlive } from '../lock.js'
import type { Progress } from '../progress.js'
import { clientEnvironment, OLDEST_ENGINE, runningDocker } from './client.js'
import { end, start } from './daemon.js'

/** A Docker engine, and the environment in which the `docker` command reaches it. */
export interface LabDocker {
  environment: NodeJS.ProcessEnv
  description: string
  /** Whether the lab started it, and so can start others beside it. */
  own: boolean
}

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
    const pid = await start({ root, sockets, log, ...place }, environment)
    await writeFile(pidFile(home, name), String(pid))
  }
  const version = await runningDocker(environment)
  return { environment, description: `real, Docker ${version} of Debian 13, started by the lab`, own: true }
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
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const third = ((hash(home)[0] ?? 0) + Number(name.slice(1))) % 256
  // The name of a network interface has at most 15 characters.
  return {
    name: `crac-${hash(`${home}${name}`).toString('hex').slice(0, 8)}`,
    address: `172.30.${third}.1/24`
  }
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
