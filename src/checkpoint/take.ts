import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { EXPIRED, within, type Clock } from '../clock.js'
import { checkpointRefusal } from '../diagnosis/checkpoint-exception.js'
import {
  containerEnd,
  createContainer,
  publishedPort,
  type ContainerEnd,
  type ContainerSpec
} from '../engine/containers.js'
import { lastLines, type CommandResult, type Engine } from '../engine/docker.js'
import { LineTail } from '../engine/lines.js'
import { CHECKPOINT_FLAGS } from '../engine/privileges.js'
import { Failure } from '../errors.js'
import type { Log } from '../log.js'
import { probe, probeUrl, untilReady } from '../probe.js'
import type { Milliseconds } from '../values.js'
import { criuFailure, verifySnapshot, type Snapshot } from './snapshot.js'

export interface CheckpointRequest extends Omit<ContainerSpec, 'name' | 'flags'> {
  /** Name for the container; it is left, for its files to be taken. */
  container: string
  readyUrl: URL
  startupTimeout: Milliseconds
  checkpointTimeout: Milliseconds
  /** Existing folder for CRIU's log and what else proves the checkpoint. */
  evidence: string
}

export interface TakenSnapshot extends Snapshot {
  /** From the start of the container to the first good answer. */
  startDuration: Milliseconds
  /** From the trigger to the complete snapshot. */
  checkpointDuration: Milliseconds
}

interface World {
  engine: Engine
  clock: Clock
  log: Log
}

/** A started checkpoint container: its end, and what it prints. */
interface Application {
  name: string
  ended: Promise<ContainerEnd>
  output: LineTail
  /** Resolves when the JVM's engine says that CRIU failed; the JVM itself goes on then. */
  engineFailed: Promise<void>
  /** Resolves when all of the output was read. */
  drained: Promise<unknown>
}

/** Between two probes of an application that starts. */
const PROBE_INTERVAL: Milliseconds = 50

/** For the last lines of a container that has ended. */
const DRAIN_TIMEOUT: Milliseconds = 2000

/** Lines of the log that a message shows. */
const SHOWN_LINES = 20

/** Folder of the scripts, the snapshot and the evidence, in the image. */
const HOME = '/opt/crac-checkpoint'

const ENGINE_FAILED =
  /^(?:JVM: invalid info for restore provided|CRIU failed with exit code|CRIU has not properly exited|cannot find CRIU|Cannot execute CRIU)/

/** Starts the application, waits until it is ready, warms it up and takes the snapshot. */
export async function takeSnapshot(world: World, request: CheckpointRequest): Promise<TakenSnapshot> {
  const { clock, log } = world
  const begin = clock.now()
  const application = await start(world, request)
  const url = probeUrl(request.readyUrl, await publishedPort(world.engine, request.container, request.port))
  const readyAt = await untilApplicationReady(application, url, request, clock)
  log.info(`The application answered after ${Math.round(readyAt - begin)} ms.`)

  const warmUp = await probe(url)
  if (!warmUp.ok) {
    throw new Failure(
      'application',
      `The application answered once, and not again (${warmUp.description}).`,
      {
        cure: 'Find out from its log below why it stopped answering.',
        evidence: application.output.text()
      }
    )
  }

  const triggered = clock.now()
  const end = await checkpoint(world, application, request)
  const checkpointDuration = clock.now() - triggered
  await world.engine.run(['cp', `${application.name}:${HOME}/evidence/.`, request.evidence])
  const snapshot = await verifySnapshot(request.evidence, end)
  return { ...snapshot, startDuration: readyAt - begin, checkpointDuration }
}

async function start({ engine, log }: World, request: CheckpointRequest): Promise<Application> {
  const name = request.container
  await createContainer(engine, { ...request, name, flags: CHECKPOINT_FLAGS })
  await engine.run(['start', name])

  const output = new LineTail(SHOWN_LINES)
  let drained: Promise<unknown> = Promise.resolve()
  const engineFailed = new Promise<void>((resolve) => {
    const onLine = (line: string): void => {
      output.push(line)
      log.foreign(line)
      if (ENGINE_FAILED.test(line)) resolve()
    }
    drained = engine.attempt(['logs', '--follow', name], { onLine })
  })
  const ended = containerEnd(engine, name)
  // A failure elsewhere ends the run before anyone looks at these two.
  ended.catch(() => undefined)
  drained.catch(() => undefined)
  return { name, ended, output, engineFailed, drained }
}

async function untilApplicationReady(
  application: Application,
  url: URL,
  request: CheckpointRequest,
  clock: Clock
): Promise<number> {
  const stop = new AbortController()
  const ready = untilReady(() => probe(url), PROBE_INTERVAL, clock, stop.signal)
  const outcome = await within(Promise.race([ready, application.ended]), request.startupTimeout, clock)
  stop.abort()

  if (outcome !== EXPIRED && 'exitCode' in outcome) {
    await within(application.drained, DRAIN_TIMEOUT, clock)
    throw endedEarly(outcome, application)
  }
  if (outcome !== EXPIRED && outcome.ready) return outcome.at
  const last = await ready
  throw new Failure(
    'application',
    `The application did not answer ${request.readyUrl.href} within ${seconds(request.startupTimeout)}` +
      `${last.ready ? '' : ` (last answer: ${last.last.description})`}.`,
    {
      cure:
        'If it needs longer, raise `startup-timeout`; if it listens or answers elsewhere, set `port` or `ready-url`. ' +
        'The last lines of its log are below.',
      evidence: application.output.text()
    }
  )
}

/** Triggers the checkpoint; resolves when the container has ended by itself. */
async function checkpoint(
  world: World,
  application: Application,
  request: CheckpointRequest
): Promise<ContainerEnd> {
  const { engine, clock } = world
  let answered = false
  const answer = engine
    .attempt(['exec', application.name, `${HOME}/trigger.sh`], { timeout: request.checkpointTimeout })
    .then((result) => {
      answered = true
      return result
    })
  const refused = answer.then((result) => refusal(world, application, result))
  refused.catch(() => undefined)

  const outcome = await within(
    Promise.race([
      application.ended,
      application.engineFailed.then((): 'engine failed' => 'engine failed'),
      // An answer that is no refusal says nothing: what counts is the end of the JVM.
      refused.then((failure) => failure ?? new Promise<never>(() => undefined))
    ]),
    request.checkpointTimeout,
    clock
  )
  if (outcome instanceof Failure) throw outcome
  if (outcome === 'engine failed') throw criuFailure(await criuLog(world, request), undefined)
  if (outcome === EXPIRED) {
    const phase = answered
      ? 'the JVM had agreed, and CRIU did not finish'
      : 'the JVM had not answered; a beforeCheckpoint hook may hang'
    throw new Failure(
      'application',
      `The checkpoint was not complete within ${seconds(request.checkpointTimeout)}: ${phase}.`,
      {
        cure: 'If it needs longer, raise `checkpoint-timeout`; else the last lines of the logs below show where it stopped.',
        evidence: [application.output.text(), lastLines(await criuLog(world, request), SHOWN_LINES)]
          .join('\n')
          .trim()
      }
    )
  }
  await within(application.drained, DRAIN_TIMEOUT, clock)
  return outcome
}

/** What jcmd's answer means; undefined where it is no refusal. */
async function refusal(
  { engine }: World,
  application: Application,
  answer: CommandResult
): Promise<Failure | undefined> {
  const refused = checkpointRefusal(answer.stdout)
  if (refused || answer.exitCode === 0 || answer.stdout.includes('CR: Checkpoint')) return refused
  const running = await engine.attempt(['inspect', '--format', '{{.State.Running}}', application.name])
  if (running.stdout.trim() !== 'true') return undefined
  return new Failure('application', 'The JVM could not be asked for a checkpoint.', {
    cure: 'Do not disable the attach mechanism of the JVM (-XX:+DisableAttachMechanism); the words of jcmd are below.',
    evidence: lastLines(`${answer.stdout}\n${answer.stderr}`, SHOWN_LINES)
  })
}

/** CRIU's log so far, of a checkpoint that did not end. */
async function criuLog({ engine }: World, request: CheckpointRequest): Promise<string> {
  const copy = path.join(request.evidence, 'dump4.log')
  await engine.attempt(['cp', `${request.container}:${HOME}/snapshot/dump4.log`, copy])
  return await readFile(copy, 'latin1').catch(() => '')
}

function endedEarly(end: ContainerEnd, application: Application): Failure {
  const why = end.oomKilled
    ? 'was ended by the kernel: out of memory'
    : `ended with exit code ${end.exitCode}`
  return new Failure('application', `The application ${why} before it was ready.`, {
    cure: 'Mend what the last lines of its log below name; it must start in a container with nothing but this image and `env`.',
    evidence: application.output.text()
  })
}

function seconds(duration: Milliseconds): string {
  return `${duration / 1000} s`
}
