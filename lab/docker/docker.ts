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
import { engineRoot, ownRoot, requestedKind } from './kind.js'

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

/** LAB_DOCKER_HOST, or an engine that runs already, or one of the lab's own, as `requestedKind` says. */
export async function ensureDocker(home: string, progress: Progress): Promise<LabDocker> {
  const given = process.env['LAB_DOCKER_HOST']
  if (given)
    return {
      environment: { ...process.env, DOCKER_HOST: given },
      description: `real, at ${given} (LAB_DOCKER_HOST)`,
      own: false
    }

  const running = requestedKind().suffix === '' ? await runningDocker() : undefined
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
  const client = await dockerRoot(home, progress)
  const { suffix, suite, settings } = requestedKind()
  const root = await engineRoot(home, suite, progress)
  const name = number === 1 ? suffix : `${suffix}-${number}`
  const sockets = path.join(home, `run${name}`)
  const environment = await clientEnvironment(home, client, sockets)
  if (!(await runningDocker(environment))) {
    progress("Starting the lab's Docker engine ...")
    const log = path.join(home, 'engine.log')
    const bridge = { name: bridgeOf(home, name), address: addressOf(home, suffix, number) }
    const place = { bridge, data: `/var/lib/docker${name}` }
    const pid = await start({ root, sockets, log, settings, ...place }, environment)
    await writeFile(pidFile(home, name), String(pid))
  }
  const version = await runningDocker(environment)
  return {
    environment,
    description: `real, Docker ${version} of Debian's ${suite}, started by the lab`,
    own: true
  }
}

/** Ends the Docker engines of the lab and everything in them. Does nothing where none runs. */
export async function stopDocker(home: string): Promise<boolean> {
  const files = (await readdir(home)).filter((name) => /^engine(-.+)?\.pid$/.test(name))
  const stopped = files.map(async (file) => await stopOne(home, file.slice('engine'.length, -'.pid'.length)))
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
  await end(pid, ownRoot(home), bridgeOf(home, name))
  await rm(pidFile(home, name), { force: true })
  return true
}

function pidFile(home: string, name: string): string {
  return path.join(home, `engine${name}.pid`)
}

/** Name of the bridge of an engine: the name of a network interface has at most 15 characters. */
function bridgeOf(home: string, name: string): string {
  return `crac-${hash(`${home}${name}`).toString('hex').slice(0, 8)}`
}

/** Address of its bridge. Engines of one lab have networks side by side, so that none has that of another. */
function addressOf(home: string, kind: string, number: number): string {
  const third = ((hash(`${home}${kind}`)[0] ?? 0) + number) % 256
  return `172.30.${third}.1/24`
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
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
