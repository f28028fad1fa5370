import { EXPIRED, within, type Clock } from '../clock.js'
import {
  containerEnd,
  createContainer,
  publishedPort,
  removeContainer,
  type ContainerSpec
} from '../engine/containers.js'
import type { Engine } from '../engine/docker.js'
import { restoreFlags } from '../engine/privileges.js'
import { Failure } from '../errors.js'
import { probe, probeUrl, untilReady } from '../probe.js'
import type { Milliseconds } from '../values.js'

export interface ProofRequest extends Omit<ContainerSpec, 'name' | 'flags'> {
  /** Prefix for the names of the containers. */
  container: string
  readyUrl: URL
  startupTimeout: Milliseconds
  /** Path of docker/seccomp.json on this machine. */
  seccompProfile: string
}

/** The image restores, with exactly the privileges that it declares, and answers. */
export interface Proof {
  /** From the start of a container to the first good answer of the restored application. */
  restoreTime: Milliseconds
  /** The same for a normal start of the same application in the same image. */
  coldStart: Milliseconds
}

interface World {
  engine: Engine
  clock: Clock
}

/** Between two probes: short, since what is measured is short. */
const PROBE_INTERVAL: Milliseconds = 2

/** A restore that takes longer has failed: CRIU hangs when it lacks a capability. */
const RESTORE_TIMEOUT: Milliseconds = 30_000

/** Starts the image once restored and once normally; a restore that does not answer is a Failure. */
export async function proveRestore(world: World, request: ProofRequest): Promise<Proof> {
  const restoreTime = await timeToAnswer(world, request, {
    name: `${request.container}-restore`,
    // No fallback: what answers here was restored.
    env: { ...request.env, CRAC_ON_RESTORE_FAILURE: 'exit' },
    limit: RESTORE_TIMEOUT,
    failed: restoreFailed
  })
  const coldStart = await timeToAnswer(world, request, {
    name: `${request.container}-cold`,
    env: { ...request.env, CRAC_RESTORE: 'false' },
    limit: request.startupTimeout,
    failed: coldStartFailed
  })
  return { restoreTime, coldStart }
}

interface Trial {
  name: string
  env: Record<string, string>
  limit: Milliseconds
  failed: (why: string, log: string) => Failure
}

async function timeToAnswer(world: World, request: ProofRequest, trial: Trial): Promise<Milliseconds> {
  const { engine, clock } = world
  const { name } = trial
  const flags = restoreFlags(request.seccompProfile)
  await createContainer(engine, { ...request, name, env: trial.env, flags })
  const stop = new AbortController()
  try {
    const before = { wall: Date.now(), steady: clock.now() }
    await engine.run(['start', name])
    const after = clock.now()
    const ended = containerEnd(engine, name)
    ended.catch(() => undefined)

    const ready = publishedPort(engine, name, request.port).then((port) => {
      const url = probeUrl(request.readyUrl, port)
      return untilReady(() => probe(url), PROBE_INTERVAL, clock, stop.signal)
    })
    // A container that has ended publishes no port: that is told by its end, below.
    const outcome = await within(Promise.race([ended, ready.catch(() => ended)]), trial.limit, clock)
    if (outcome === EXPIRED)
      throw trial.failed(`it did not answer within ${trial.limit / 1000} s`, await lastLog(engine, name))
    if ('exitCode' in outcome)
      throw trial.failed(`it ended with exit code ${outcome.exitCode}`, await lastLog(engine, name))
    if (!outcome.ready) throw trial.failed('it did not answer', await lastLog(engine, name))

    // The engine knows best when the container started; its clock counts only if it agrees with ours.
    const startedAt = Date.parse(await engine.run(['inspect', '--format', '{{.State.StartedAt}}', name]))
    const started = before.steady + (startedAt - before.wall)
    return outcome.at - (started >= before.steady && started <= after ? started : after)
  } finally {
    stop.abort()
    await removeContainer(engine, name)
  }
}

async function lastLog(engine: Engine, name: string): Promise<string> {
  const { stdout, stderr } = await engine.attempt(['logs', '--tail', '30', name])
  return `${stdout}\n${stderr}`.trim()
}

function restoreFailed(why: string, log: string): Failure {
  return new Failure('runner', `The image does not restore: ${why}. It was not pushed.`, {
    cure: "CRIU's words below name the cause; a capability or a system call that this host does not allow is the usual one.",
    evidence: log
  })
}

function coldStartFailed(why: string, log: string): Failure {
  return new Failure('application', `The image does not start normally: ${why}. It was not pushed.`, {
    cure: 'On hosts that cannot restore, this is what would happen; mend what the log below names.',
    evidence: log
  })
}
