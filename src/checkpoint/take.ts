import { OpenResources } from '../diagnosis/checkpoint-exception.js'
import { endOf, removeContainer, type ContainerSpec } from '../docker/containers.js'
import { climb, type Privileges } from '../docker/privileges.js'
import { Failure } from '../lib/errors.js'
import type { Log } from '../lib/log.js'
import { watchLog } from '../probe/log-watch.js'
import type { Readiness } from '../probe/readiness.js'
import type { Serves } from '../probe/responds.js'
import type { Milliseconds } from '../lib/values.js'
import { servedBy, startApplication, type CheckpointContext } from './started-application.js'
import { engineName, type CheckpointEngine } from './choose-engine.js'
import { explainOpen, ownCheckpointFailure, STACK_TRACES } from './failures.js'
import { untilApplicationReady } from './ready.js'
import { verifySnapshot, verifyWarpSnapshot, type VerifiedSnapshot } from './verify.js'
import { copyEvidence, watchOutput } from './trigger.js'
import { checkpointByAction, checkpointByApplication } from './warm-checkpoint.js'
import type { WarmUp, WarmUpReport } from './warm-up.js'

export interface CheckpointRequest extends Omit<ContainerSpec, 'name' | 'flags' | 'command'> {
  /** Name of the container; the caller removes it, after it has copied its files. */
  container: string
  /** Engine that takes the snapshot. */
  engine: CheckpointEngine
  readiness: Readiness
  startupTimeout: Milliseconds
  warmUp: WarmUp
  warmupTimeout: Milliseconds
  /** Rest between the warm-up and the checkpoint; 0 for none. */
  checkpointDelay: Milliseconds
  checkpointTimeout: Milliseconds
  /** Existing folder for CRIU's log and the other evidence of the checkpoint. */
  evidence: string
  /** Folder for CRIU's images without the memory; an existing one is replaced. */
  images: string
}

export interface Snapshot extends VerifiedSnapshot {
  /** Time from the creation of the container until it was ready. */
  startDuration: Milliseconds
  /** Time from the trigger to the complete snapshot; only CRIU's own time, if known, where the application triggered it. */
  checkpointDuration: Milliseconds | undefined
  /** Who triggered the checkpoint. */
  trigger: 'action' | 'application'
  warmUp: WarmUpReport
  /** What was on the application's port when it was ready; undefined where that is not known. */
  serves: Serves
  /** Privilege level of the checkpoint; undefined where none was needed. */
  privileges: Privileges | undefined
  /** Time from CRIU's last byte until the snapshot was verified; undefined where it is not known. */
  handover: Milliseconds | undefined
}

/** Starts the application, waits until it is ready, warms it up and takes the snapshot, with the least privileges that work. */
export async function takeSnapshot(
  context: CheckpointContext,
  request: CheckpointRequest
): Promise<Snapshot> {
  const { engine, container } = request
  if (engine.name === 'warp') return await attempt(context, request, undefined, [])
  return await climb(
    engine.privileges,
    (privileges) =>
      attempt(context, request, privileges, []).catch(async (error: unknown) => {
        throw error instanceof OpenResources ? await explain(context, request, privileges, error) : error
      }),
    retryWithMore(context.log, () => removeContainer(context.docker, container))
  )
}

/** Returns a function for `climb`: after a failure that more privileges may fix it removes the leftovers and agrees to retry. */
export function retryWithMore(
  log: Pick<Log, 'info'>,
  removeLeftovers: () => Promise<unknown>
): (error: unknown, privileges: Privileges | undefined) => Promise<boolean> {
  return async (error, privileges) => {
    if (!(error instanceof Failure) || error.signature?.remedy !== 'privileges') return false
    log.info(`Retrying with more privileges than ${privileges?.level}: ${error.message}`)
    await removeLeftovers()
    return true
  }
}

/** Starts the application once more with stack traces, and returns the refusal with the code that opened the resources. */
async function explain(
  context: CheckpointContext,
  request: CheckpointRequest,
  privileges: Privileges,
  refused: OpenResources
): Promise<Failure> {
  const { hiding } = context.keep
  await removeContainer(context.docker, request.container)
  context.log.info(
    'The JVM refused the checkpoint. Starting the application again to find the code that opened the resources ...'
  )
  try {
    await attempt(context, request, privileges, [STACK_TRACES])
  } catch (error) {
    return await explainOpen(refused, error instanceof OpenResources ? error : undefined, request, hiding)
  }
  return await explainOpen(refused, undefined, request, hiding)
}

async function attempt(
  context: CheckpointContext,
  request: CheckpointRequest,
  privileges: Privileges | undefined,
  javaOptions: readonly string[]
): Promise<Snapshot> {
  const { docker, clock, log } = context
  const { readiness, engine } = request
  const begin = clock.now()
  const events = watchOutput()
  const watch = watchLog(clock, readiness.log)
  const spec: ContainerSpec = {
    ...request,
    name: request.container,
    // A health check that calls the application could open a connection just at the checkpoint.
    flags: ['--no-healthcheck', ...(privileges?.checkpoint ?? [])],
    command: [engineName(engine, privileges), ...javaOptions]
  }
  const application = await startApplication(context, spec, (line) => {
    events.onLine(line)
    watch.onLine(line)
  })
  const { name, address, output } = application
  const target = { docker, spec, address, log: watch }
  const started = await untilApplicationReady(context, application, {
    ...request,
    target,
    checkpointed: events.collected.then((exitCode) => endOf(docker, name, exitCode))
  }).catch(async (error: unknown) => {
    throw (await ownCheckpointFailure(context, application, events, request)) ?? error
  })
  const { readyAt, serves } = 'readyAt' in started ? started : { readyAt: clock.now(), serves: undefined }
  if ('readyAt' in started)
    log.info(`The application was ready after ${Math.round(readyAt - begin)} ms (${started.shownBy}).`)
  if (serves === 'nothing')
    log.info('Nothing listens on the port of the application: no request is sent to it.')
  if (serves === 'tls') log.info('The application speaks TLS on its port. Its certificate is not verified.')
  const { end, ...checkpointed } =
    'readyAt' in started
      ? await checkpointByAction(
          context,
          servedBy(application, serves),
          events,
          request,
          javaOptions.length > 0
        )
      : checkpointByApplication(context, started.checkpointed, request)
  await copyEvidence(context, application, request)
  const snapshot =
    engine.name === 'warp'
      ? await verifyWarpSnapshot(request, end)
      : await verifySnapshot(request, end, output.text())
  // The clocks of two machines may differ, and a clock may be set meanwhile.
  const sinceThen = Date.now() - (snapshot.completedAt ?? NaN)
  const handover = sinceThen >= 0 && sinceThen <= clock.now() - begin ? sinceThen : undefined
  return {
    ...snapshot,
    startDuration: readyAt - begin,
    checkpointDuration: snapshot.criuDuration,
    ...checkpointed,
    serves,
    privileges,
    handover
  }
}
