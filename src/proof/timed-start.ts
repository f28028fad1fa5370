import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { EXPIRED, within, type Clock } from '../lib/clock.js'
import {
  addressOf,
  containerEnd,
  createContainer,
  removeContainer,
  type ContainerSpec
} from '../docker/containers.js'
import type { Docker } from '../docker/docker.js'
import type { Failure } from '../lib/errors.js'
import { checksOf, portCheck, untilReady, type Readiness } from '../probe/readiness.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import type { Start } from './figures.js'
import { jvmAge } from './jvm-age.js'
import { timeRequests, type Load } from './first-requests.js'
import { restoreIn } from './restore-marks.js'

export interface World {
  docker: Docker
  clock: Clock
}

/** An image, and how it is started and asked. */
export interface StartRequest extends Omit<ContainerSpec, 'name'> {
  /** Prefix for the names of the containers. */
  container: string
  readiness: Readiness
  startupTimeout: Milliseconds
  restoreTimeout: Milliseconds
  /** Requests after the first good answer; undefined for none. */
  load?: Load | undefined
  /** Existing folder for the logs of the containers. */
  logs: string
}

/** One way to start the image. */
export interface Way {
  name: 'restore' | 'cold'
  env: Record<string, string>
  limit: Milliseconds
  failed: (why: string, log: string) => Failure
}

/** Between two probes: short, since what is measured is short. */
const PROBE_INTERVAL: Milliseconds = 2

/** For the log of a container; one that ended badly may have written much. */
const KEPT_LINES = '2000'

/**
 * Starts the image in a fresh container, and times it. It is a Failure if it does not answer in time, and for a restore,
 * if what answers was not restored.
 */
export async function timedStart(world: World, request: StartRequest, way: Way): Promise<Start> {
  const { docker, clock } = world
  const name = `${request.container}-${way.name}`
  const spec: ContainerSpec = { ...request, name, env: { ...request.env, ...way.env } }
  const stop = new AbortController()
  async function failure(why: string): Promise<Failure> {
    const log = await logOf(docker, name)
    await writeFile(path.join(request.logs, `${way.name}.log`), `${log}\n`)
    return way.failed(why, log)
  }
  try {
    await createContainer(docker, spec)
    const before = { wall: Date.now(), steady: clock.now() }
    await docker.run(['start', name])
    const after = clock.now()
    const ended = containerEnd(docker, name)
    ended.catch(() => undefined)

    const ready = addressOf(docker, spec).then(async (address) => {
      const asked = checksOf(request.readiness, { docker, container: name, address })
      const checks = asked.length > 0 ? asked : [portCheck(address, request.port, request.readiness.health)]
      return { address, ...(await untilReady(checks, PROBE_INTERVAL, clock, stop.signal)) }
    })
    // A container that has ended publishes no port: that is told by its end, below.
    const outcome = await within(Promise.race([ended, ready.catch(() => ended)]), way.limit, clock)
    if (outcome === EXPIRED) throw await failure(`it did not answer within ${seconds(way.limit)}`)
    if ('exitCode' in outcome) throw await failure(`it ended with exit code ${outcome.exitCode}`)
    if (!outcome.ready) throw await failure('it did not answer')
    const requests = request.load && (await timeRequests(outcome.address, request.load, clock))

    const restored = way.name === 'restore' ? await restoreIn(docker, name) : { criu: undefined }
    if (!restored) throw await failure('what answered was not restored but started normally')

    // The engine knows best when the container started; its clock counts only if it agrees with ours.
    const startedAt = Date.parse(await docker.run(['inspect', '--format', '{{.State.StartedAt}}', name]))
    const started = before.steady + (startedAt - before.wall)
    const answer = outcome.at - (started >= before.steady && started <= after ? started : after)
    return {
      answer: Math.max(1, Math.round(answer)),
      requests,
      jvm: jvmAge(await logOf(docker, name)),
      criu: restored.criu
    }
  } finally {
    stop.abort()
    await removeContainer(docker, name)
  }
}

async function logOf(docker: Docker, name: string): Promise<string> {
  const { stdout, stderr } = await docker.attempt(['logs', '--tail', KEPT_LINES, name])
  return `${stdout}\n${stderr}`.trim()
}
