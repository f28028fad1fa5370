import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { wantsPrivileges } from '../diagnosis/wants-privileges.js'
import { removeContainer, type ContainerSpec } from '../engine/containers.js'
import type { Privileges } from '../engine/privileges.js'
import { Failure } from '../errors.js'
import { checksOf, portCheck, type Readiness } from '../probe/readiness.js'
import type { Milliseconds } from '../values.js'
import { startApplication, type World } from './application.js'
import { engineName, type CheckpointEngine } from './engine.js'
import { explainOpen, STACK_TRACES } from './open-resources.js'
import { untilApplicationReady } from './ready.js'
import { verifySnapshot, verifyWarpSnapshot, type Snapshot } from './snapshot.js'
import { checkpoint, HOME, watchSigns } from './trigger.js'
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
  /** From the trigger to the complete snapshot. */
  checkpointDuration: Milliseconds
  warmUp: WarmUpReport
  /** The rung with which it was taken; undefined where none was needed. */
  privileges: Privileges | undefined
  /** From CRIU's last byte to the end of this stage; undefined where it cannot be told. */
  handover: Milliseconds | undefined
}

/** Starts the application, waits until it is ready, warms it up and takes the snapshot; a rung up if that is the way. */
export async function takeSnapshot(world: World, request: CheckpointRequest): Promise<TakenSnapshot> {
  const { takenBy } = request
  if (takenBy.name === 'warp') return await attempt(world, request, undefined, [])
  for (const [index, privileges] of takenBy.privileges.entries()) {
    try {
      return await attempt(world, request, privileges, [])
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error instanceof OpenResources) throw await explain(world, request, privileges, error)
      if (index === takenBy.privileges.length - 1 || !wantsPrivileges(error.signature)) throw error
      world.log.info(`Leaving the privileges ${privileges.rung}: ${error.message}`)
      await removeContainer(world.engine, request.container)
    }
  }
  throw new Error('there is no rung of privileges to try')
}

/** The refusal again, with the code that opened what is open: it takes a second start, which notes that. */
async function explain(
  world: World,
  request: CheckpointRequest,
  privileges: Privileges,
  refused: OpenResources
): Promise<Failure> {
  await removeContainer(world.engine, request.container)
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
  const { engine, clock, log } = world
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

  const asked = checksOf(readiness, { engine, container: spec.name, address })
  const checks = asked.length > 0 || readiness.log ? asked : [portCheck(address, request.port)]
  const readyAt = await untilApplicationReady(world, application, {
    ...request,
    checks,
    logged: readiness.log && { pattern: readiness.log, seen: logged }
  })
  log.info(`The application was ready after ${Math.round(readyAt - begin)} ms.`)

  const warmed = await warmUp(world, application, address, request)

  const triggered = clock.now()
  const end = await checkpoint(world, application, signs, request)
  const checkpointDuration = clock.now() - triggered
  await engine.run(['cp', `${application.name}:${HOME}/evidence/.`, request.evidence])
  // The registers of the threads are in them, and so can be pieces of secrets: the evidence is for the logs.
  await rm(request.images, { recursive: true, force: true })
  await rename(path.join(request.evidence, 'images'), request.images).catch(() => undefined)
  const snapshot =
    takenBy.name === 'warp'
      ? await verifyWarpSnapshot(request, end)
      : await verifySnapshot(request, end, application.output.text())
  // Two machines may not agree on the time, and a clock may be set meanwhile.
  const sinceThen = Date.now() - (snapshot.completedAt ?? NaN)
  const handover = sinceThen >= 0 && sinceThen <= clock.now() - triggered ? sinceThen : undefined
  return {
    ...snapshot,
    startDuration: readyAt - begin,
    checkpointDuration,
    warmUp: warmed,
    privileges,
    handover
  }
}
