import type { Reach } from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import { BUNDLED_CRIU, criuLimits, limitedHosts } from '../diagnosis/criu-limits.js'
import { climb, privilegeLevels, type Privileges, type PrivilegesWanted } from '../docker/privileges.js'
import { UnsupportedRunner } from '../lib/errors.js'
import type { Clock } from '../lib/clock.js'
import type { Log } from '../lib/log.js'
import type { Milliseconds } from '../lib/values.js'
import { ensureImage } from './base-image.js'
import { architectureOf, readDockerFacts, type DockerFacts } from './docker-facts.js'
import { tryPrivileges, type ContainerFacts, type Refused } from './grants.js'
import { findReach, requireNetwork } from './reach.js'

/** What the runner can do, as far as the job needs to know. */
export interface Runner extends DockerFacts {
  cpu: string | undefined
  amx: boolean
  /** Version of the glibc of the base image; undefined if it has none, or if that is unknown. */
  glibc: string | undefined
  /** Duration of the first start of a container; undefined if none was started. */
  containerStart: Milliseconds | undefined
  /** Free bytes on Docker's disk; undefined if unknown. */
  diskFree: number | undefined
  reach: Reach
  /** The privilege levels that Docker may grant: it grants the first one, the others are not tried yet. */
  privileges: Privileges[]
  /** The levels that it does not grant, with the reasons. */
  refused: Refused[]
}

export interface InspectionRequest {
  run: string
  baseImage: string
  privileges: PrivilegesWanted
  criu: 'auto' | 'bundled' | 'system'
  /** Checkpoint engine; Warp needs neither CRIU nor privileges. */
  engine: 'auto' | 'criu' | 'warp'
  /** Whether a newer base image than Docker has is pulled: a scheduled rebuild has to notice one. */
  skipUnchanged: boolean
  /** Docker network of the application; undefined for the default one. */
  network?: string | undefined
}

export interface InspectionContext {
  docker: Docker
  platform: NodeJS.Platform
  hostname: string
  clock: Clock
  log: Log
  /** Called with the facts about Docker, before anything else is found out. */
  onFacts?: (facts: DockerFacts) => void
}

/** Finds out what this machine can do; what cannot work is refused here, before any work. */
export async function inspectRunner(world: InspectionContext, request: InspectionRequest): Promise<Runner> {
  const { docker, platform, log } = world
  if (platform !== 'linux') {
    throw new UnsupportedRunner(
      `Snapshots are made by CRIU, which needs Linux; this runner is ${platform}.`,
      { fix: 'Use a Linux runner, for example `runs-on: ubuntu-24.04`.' }
    )
  }
  const facts = await readDockerFacts(world)
  world.onFacts?.(facts)
  log.info(`Docker ${facts.version} on ${facts.architecture}, kernel ${facts.kernel}.`)
  const reach = await findReach(docker, world.hostname)
  if (request.network !== undefined) await requireNetwork(docker, request.network)
  const onLine = (line: string): void => log.untrusted(line)
  const refresh = request.skipUnchanged
  const { Architecture: imageArchitecture } = await ensureImage(docker, request.baseImage, onLine, {
    refresh
  })
  if (architectureOf(imageArchitecture) !== facts.architecture) {
    throw emulated(`${request.baseImage} is an image for ${imageArchitecture}`, facts)
  }
  if (request.engine === 'warp') {
    const unknown = { cpu: undefined, glibc: undefined, diskFree: undefined, containerStart: undefined }
    return { ...facts, ...unknown, amx: false, reach, privileges: [], refused: [] }
  }
  const { granted, refused, container } = await findPrivileges(world, request, facts)
  for (const { level, reason } of refused) log.info(`Privilege level ${level} is not available: ${reason}`)
  if (container.emulator !== undefined) throw emulated(`${container.emulator} runs the containers`, facts)
  // A level with more privileges would not change this.
  if (container.ptraceScope > 1) {
    throw new UnsupportedRunner(
      `kernel.yama.ptrace_scope is ${container.ptraceScope} on this runner: CRIU cannot restore a process here.`,
      {
        fix: 'Run `sysctl kernel.yama.ptrace_scope=1` on the runner, as root. The default of Ubuntu is 1, of Debian 0.'
      }
    )
  }
  const { cpu, amx, glibc, diskFree } = container
  const host = { kernel: facts.kernel, amx, glibc }
  // A build with patches may work all the same: the trial decides.
  for (const limit of request.criu === 'bundled' ? criuLimits(host, BUNDLED_CRIU) : []) {
    log.info(
      `The CRIU that CRaC JDKs bundle (${BUNDLED_CRIU}) is known to fail on ${limitedHosts(limit)}: ${limit.reason}.`
    )
  }
  const containerStart = container.duration
  return { ...facts, ...host, cpu, diskFree, reach, containerStart, privileges: granted, refused }
}

/** Finds the least privileges with which the Docker engine starts a container that has what CRIU needs. */
async function findPrivileges(
  world: InspectionContext,
  request: InspectionRequest,
  facts: DockerFacts
): Promise<{ granted: Privileges[]; refused: Refused[]; container: ContainerFacts }> {
  const { run, baseImage } = request
  const refused: Refused[] = []
  return await climb(
    privilegeLevels(request.privileges, facts),
    async (privileges, fromHere) => {
      const container = await tryPrivileges(world, run, baseImage, privileges)
      if (typeof container !== 'string' && container.missing.length === 0) {
        return { granted: fromHere, refused, container }
      }
      const reason =
        typeof container === 'string' ? container : `${container.missing.join(' and ')} not granted`
      refused.push({ level: privileges.level, reason })
      if (EMULATION.test(reason)) throw emulated(`${baseImage} cannot be run here (${reason})`, facts)
      throw notGranted(request.privileges, facts, refused)
    },
    // The level that was tried last is in the list, unless Docker was too slow for an answer.
    (error, { level }) => {
      const last = refused.at(-1)
      return error instanceof UnsupportedRunner && last?.level === level && !EMULATION.test(last.reason)
    }
  )
}

const EMULATION = /exec format error/

function notGranted(
  wanted: PrivilegesWanted,
  facts: DockerFacts,
  refused: readonly Refused[]
): UnsupportedRunner {
  const rootless = facts.rootless ? ' It runs rootless, and so has only what its user has.' : ''
  const old = refused.some(({ reason }) => /unknown capability/.test(reason))
    ? ` Docker ${facts.version} does not know the capability CHECKPOINT_RESTORE.`
    : ''
  return new UnsupportedRunner(
    `The Docker engine does not grant what CRIU needs (privileges: ${wanted}).${old}${rootless}`,
    {
      fix:
        'Let the containers of this engine have the capabilities CHECKPOINT_RESTORE and SYS_PTRACE: Docker 24 or newer, ' +
        `run by root, on kernel 5.9 or newer${wanted === 'least' ? '; or leave `privileges` at `auto`' : ''}.`,
      evidence: refused.map(({ level, reason }) => `${level}: ${reason}`).join('\n')
    }
  )
}

function emulated(what: string, { architecture, operatingSystem }: DockerFacts): UnsupportedRunner {
  return new UnsupportedRunner(
    `${what}, and this engine (${operatingSystem}) is ${architecture}: under emulation CRIU cannot see the real process.`,
    {
      fix: 'Use a runner of the architecture of the image (for arm64 `runs-on: ubuntu-24.04-arm`), or a `base-image` of that of the runner.'
    }
  )
}
