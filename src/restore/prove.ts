import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { EXPIRED, within, type Clock } from '../clock.js'
import { diagnose } from '../diagnosis/diagnose.js'
import {
  addressOf,
  containerEnd,
  createContainer,
  removeContainer,
  type ContainerSpec
} from '../engine/containers.js'
import { lastLines, type Engine } from '../engine/docker.js'
import { Failure } from '../errors.js'
import { checksOf, portCheck, untilReady, type Readiness } from '../probe/readiness.js'
import { seconds, type Milliseconds } from '../values.js'

export interface ProofRequest extends Omit<ContainerSpec, 'name'> {
  /** Prefix for the names of the containers. */
  container: string
  readiness: Readiness
  startupTimeout: Milliseconds
  restoreTimeout: Milliseconds
  /** Existing folder for the logs of the containers. */
  logs: string
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

/** For the log of a container; one that ended badly may have written much. */
const KEPT_LINES = '2000'

/** Starts the image once restored and once normally; a restore that does not answer is a Failure. */
export async function proveRestore(world: World, request: ProofRequest): Promise<Proof> {
  const restoreTime = await timeToAnswer(world, request, {
    name: 'restore',
    // No fallback: what answers here was restored.
    env: {
      CRAC_ON_RESTORE_FAILURE: 'exit',
      CRAC_RESTORE_TIMEOUT: String(Math.ceil(request.restoreTimeout / 1000))
    },
    limit: request.restoreTimeout,
    failed: restoreFailed
  })
  return { restoreTime, coldStart: await timeColdStart(world, request) }
}

/** Starts the image normally, and waits for its answer. */
export async function timeColdStart(world: World, request: ProofRequest): Promise<Milliseconds> {
  return await timeToAnswer(world, request, {
    name: 'cold',
    env: { CRAC_RESTORE: 'false' },
    limit: request.startupTimeout,
    failed: coldStartFailed
  })
}

interface Trial {
  name: string
  env: Record<string, string>
  limit: Milliseconds
  failed: (why: string, log: string) => Failure
}

async function timeToAnswer(world: World, request: ProofRequest, trial: Trial): Promise<Milliseconds> {
  const { engine, clock } = world
  const name = `${request.container}-${trial.name}`
  const spec: ContainerSpec = { ...request, name, env: { ...request.env, ...trial.env } }
  const stop = new AbortController()
  async function failure(why: string): Promise<Failure> {
    return trial.failed(why, await keepLog(engine, name, path.join(request.logs, `${trial.name}.log`)))
  }
  try {
    await createContainer(engine, spec)
    const before = { wall: Date.now(), steady: clock.now() }
    await engine.run(['start', name])
    const after = clock.now()
    const ended = containerEnd(engine, name)
    ended.catch(() => undefined)

    const ready = addressOf(engine, spec).then((address) => {
      const asked = checksOf(request.readiness, { engine, container: name, address })
      const checks = asked.length > 0 ? asked : [portCheck(address, request.port, request.readiness.health)]
      return untilReady(checks, PROBE_INTERVAL, clock, stop.signal)
    })
    // A container that has ended publishes no port: that is told by its end, below.
    const outcome = await within(Promise.race([ended, ready.catch(() => ended)]), trial.limit, clock)
    if (outcome === EXPIRED) throw await failure(`it did not answer within ${seconds(trial.limit)}`)
    if ('exitCode' in outcome) throw await failure(`it ended with exit code ${outcome.exitCode}`)
    if (!outcome.ready) throw await failure('it did not answer')

    // The engine knows best when the container started; its clock counts only if it agrees with ours.
    const startedAt = Date.parse(await engine.run(['inspect', '--format', '{{.State.StartedAt}}', name]))
    const started = before.steady + (startedAt - before.wall)
    return outcome.at - (started >= before.steady && started <= after ? started : after)
  } finally {
    stop.abort()
    await removeContainer(engine, name)
  }
}

async function keepLog(engine: Engine, name: string, file: string): Promise<string> {
  const { stdout, stderr } = await engine.attempt(['logs', '--tail', KEPT_LINES, name])
  const log = `${stdout}\n${stderr}`.trim()
  await writeFile(file, `${log}\n`)
  return log
}

function restoreFailed(why: string, log: string): Failure {
  const finding = diagnose('restore', { app: log })
  return new Failure(
    finding?.kind ?? 'runner',
    `The image does not restore: ${why}.${finding ? ` ${finding.cause}` : ''} It was not pushed.`,
    {
      cure:
        finding?.cure ??
        "CRIU's words below name the cause; a capability or a system call that this host does not allow is the usual one.",
      evidence: finding?.line ?? lastLines(log, 30),
      signature: finding?.signature?.id
    }
  )
}

function coldStartFailed(why: string, log: string): Failure {
  return new Failure('application', `The image does not start normally: ${why}. It was not pushed.`, {
    cure: 'On hosts that cannot restore, this is what would happen; mend what the log below names.',
    evidence: lastLines(log, 30)
  })
}
