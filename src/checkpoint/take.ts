import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { wantsPrivileges } from '../diagnosis/wants-privileges.js'
import { endOf, removeContainer, type ContainerEnd, type ContainerSpec } from '../docker/containers.js'
import { climb, type Privileges } from '../docker/privileges.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { checksOf, portCheck, type Readiness } from '../probe/readiness.js'
import type { Milliseconds } from '../lib/values.js'
import { startApplication, type World } from './started-application.js'
import { engineName, type CheckpointEngine } from './choose-engine.js'
import { explainOpen, STACK_TRACES } from './open-resources.js'
import { ownCheckpointFailure } from './own-checkpoint.js'
import { untilApplicationReady } from './ready.js'
import { verifySnapshot, verifyWarpSnapshot, type Snapshot } from './verify.js'
import { checkpoint, copyEvidence, watchSigns } from './trigger.js'
import { warmUp, type WarmUp, type WarmUpReport } from './warm-up.js'

export interface CheckpointRequest extends Omit<ContainerSpec, 'name' | 'flags' | 'command'> {
  /** Name for the container; it is left, for its files to be taken. */
  container: string
  /** What takes the snapshot. */
  takenBy: CheckpointEngine
  readiness: Readiness
  startupTimeout: Milliseconds
  warmUp: WarmUp
  warmupTimeout: Milliseconds
  checkpointTimeout: Milliseconds
  /** Existing folder for CRIU's log and what else proves the checkpoint. */
  evidence: string
  /** Folder for CRIU's images without the memory; one that is there is replaced. */
  images: string
}

export interface TakenSnapshot extends Snapshot {
  /** From the start of the container to the first good answer. */
  startDuration: Milliseconds
  /** From the trigger to the complete snapshot; where the application took it itself, of CRIU alone, if that can be told. */
  checkpointDuration: Milliseconds | undefined
  /** Who asked for the checkpoint. */
  trigger: 'action' | 'application'
  warmUp: WarmUpReport
  /** The level with which it was taken; undefined where none was needed. */
  privileges: Privileges | undefined
  /** From CRIU's last byte to the end of this stage; undefined where it cannot be told. */
  handover: Milliseconds | undefined
}

/** Starts the application, waits until it is ready, warms it up and takes the snapshot, with the least privileges that work. */
export async function takeSnapshot(world: World, request: CheckpointRequest): Promise<TakenSnapshot> {
  const { takenBy, container } = request
  if (takenBy.name === 'warp') return await attempt(world, request, undefined, [])
  return await climb(
    takenBy.privileges,
    (privileges) =>
      attempt(world, request, privileges, []).catch(async (error: unknown) => {
        throw error instanceof OpenResources ? await explain(world, request, privileges, error) : error
      }),
    retryWithMore(world.log, () => removeContainer(world.docker, container))
  )
}

/** Returns a function for `climb`: after a failure that more privileges may fix it removes the leftovers and agrees to retry. */
export function retryWithMore(
  log: Pick<Log, 'info'>,
  removeLeftovers: () => Promise<unknown>
): (error: unknown, privileges: Privileges | undefined) => Promise<boolean> {
  return async (error, privileges) => {
    if (!(error instanceof Failure) || !wantsPrivileges(error.signature)) return false
    log.info(`Retrying with more privileges than ${privileges?.level}: ${error.message}`)
    await removeLeftovers()
    return true
  }
}

/** The refusal again, with the code that opened what is open: it takes a second start, which notes that. */
async function explain(
  world: World,
  request: CheckpointRequest,
  privileges: Privileges,
  refused: OpenResources
): Promise<Failure> {
  await removeContainer(world.docker, request.container)
  world.log.info('The JVM refused. Starting once more, to find out which code opened what is open ...')
  try {
    await attempt(world, request, privileges, [STACK_TRACES])
  } catch (error) {
    return await explainOpen(refused, error instanceof OpenResources ? error : undefined, request.evidence)
  }
  return await explainOpen(refused, undefined, request.evidence)
}

async function attempt(
  world: World,
  request: CheckpointRequest,
  privileges: Privileges | undefined,
  javaOptions: readonly string[]
): Promise<TakenSnapshot> {
  const { docker, clock, log } = world
  const { readiness, takenBy } = request
  const begin = clock.now()
  const signs = watchSigns()
  let sawLog = (): void => undefined
  const logged = new Promise<void>((resolve) => (sawLog = resolve))
  const spec: ContainerSpec = {
    ...request,
    name: request.container,
    // A check that calls the application could open a connection in just the wrong moment.
    flags: ['--no-healthcheck', ...(privileges?.checkpoint ?? [])],
    command: [engineName(takenBy, privileges), ...javaOptions]
  }
  const { application, address } = await startApplication(world, spec, (line) => {
    signs.onLine(line)
    if (readiness.log?.test(line)) sawLog()
  })

  const asked = checksOf(readiness, { docker, container: spec.name, address })
  const checks =
    asked.length > 0 || readiness.log ? asked : [portCheck(address, request.port, readiness.health)]
  const started = await untilApplicationReady(world, application, {
    ...request,
    checks,
    logged: readiness.log && { pattern: readiness.log, seen: logged },
    taken: signs.collected.then((exitCode) => endOf(docker, application.name, exitCode))
  }).catch(async (error: unknown) => {
    throw (await ownCheckpointFailure(world, application, signs, request)) ?? error
  })
  const startedAt = 'readyAt' in started ? started.readyAt : clock.now()
  const { end, ...how } =
    'readyAt' in started ? await askForIt(started.readyAt) : takenByTheApplication(started.taken)
  await copyEvidence(world, application, request)
  const snapshot =
    takenBy.name === 'warp'
      ? await verifyWarpSnapshot(request, end)
      : await verifySnapshot(request, end, application.output.text())
  // Two machines may not agree on the time, and a clock may be set meanwhile.
  const sinceThen = Date.now() - (snapshot.completedAt ?? NaN)
  const handover = sinceThen >= 0 && sinceThen <= clock.now() - begin ? sinceThen : undefined
  return {
    ...snapshot,
    startDuration: startedAt - begin,
    checkpointDuration: snapshot.criuDuration,
    ...how,
    privileges,
    handover
  }

  async function askForIt(readyAt: Milliseconds): Promise<Taken> {
    log.info(`The application was ready after ${Math.round(readyAt - begin)} ms.`)
    const warmed = await warmUp(world, application, address, request)
    const triggered = clock.now()
    const end = await checkpoint(world, application, signs, request)
    return { end, trigger: 'action', checkpointDuration: clock.now() - triggered, warmUp: warmed }
  }

  function takenByTheApplication(end: ContainerEnd): Taken {
    log.info('The application took its checkpoint itself while it started: nothing was asked of it before.')
    if (request.warmUp.lines.some(({ standard }) => !standard) || request.warmUp.script !== undefined)
      log.warning('There was no warm-up: the application took its checkpoint before it could be called.')
    return { end, trigger: 'application', warmUp: { sent: 0, failed: 0 } }
  }
}

type Taken = Pick<TakenSnapshot, 'trigger' | 'warmUp'> & {
  end: ContainerEnd
  checkpointDuration?: Milliseconds
}
