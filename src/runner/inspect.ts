import type { Engine } from '../engine/docker.js'
import { engineFailure } from '../engine/docker.js'
import { Failure } from '../errors.js'
import type { Architecture } from '../jdk/asset.js'

/** What the machine under this job can do, as far as the job needs to know. */
export interface Runner {
  architecture: Architecture
  engineVersion: string
  /** Of the machine that the engine runs on. */
  kernel: string
}

/** Docker 24 is the oldest that is known to grant CHECKPOINT_RESTORE; 20.10 refuses it as unknown. */
const OLDEST_ENGINE = 24

/** An engine that does not answer within this time is treated as none. In milliseconds. */
const ANSWER_TIMEOUT = 8000

const ARCHITECTURES: Record<string, Architecture> = { amd64: 'x64', arm64: 'aarch64' }

interface EngineVersion {
  Server?: { Version: string; Os: string; Arch: string; KernelVersion?: string } | null
}

/** Finds out what this machine can do; what cannot work is refused here, before any work. */
export async function inspectRunner(engine: Engine, platform: NodeJS.Platform): Promise<Runner> {
  if (platform !== 'linux') {
    throw new Failure(
      'runner',
      `Snapshots are made by CRIU, which needs Linux; this runner is ${platform}.`,
      {
        cure: 'Use a Linux runner, for example `runs-on: ubuntu-24.04`.'
      }
    )
  }
  const args = ['version', '--format', '{{json .}}']
  const result = await engine.attempt(args, { timeout: ANSWER_TIMEOUT })
  if (result.exitCode !== 0) throw engineFailure(args, result)

  const server = (JSON.parse(result.stdout) as EngineVersion).Server
  if (!server) throw engineFailure(args, result)
  if (server.Os !== 'linux') {
    throw new Failure('runner', `The engine runs ${server.Os} containers; CRIU needs Linux.`, {
      cure: 'Use a Linux runner, for example `runs-on: ubuntu-24.04`.'
    })
  }
  if (!(parseInt(server.Version, 10) >= OLDEST_ENGINE)) {
    throw new Failure(
      'runner',
      `The Docker engine is ${server.Version}; it cannot grant the capability CHECKPOINT_RESTORE.`,
      {
        cure: `Use Docker ${OLDEST_ENGINE} or newer.`
      }
    )
  }
  const architecture = ARCHITECTURES[server.Arch]
  if (!architecture) {
    throw new Failure('runner', `There is no CRaC JDK for the architecture ${server.Arch} of this engine.`, {
      cure: 'Use a runner with x86-64 or arm64.'
    })
  }
  return { architecture, engineVersion: server.Version, kernel: server.KernelVersion ?? 'unknown' }
}
