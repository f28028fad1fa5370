import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { CRAC_DIR, EVIDENCE_DIR, EVIDENCE_FILES, MARKERS, SCRIPTS, SNAPSHOT_DIR } from '../lib/image-paths.js'
import { EXPIRED, within } from '../lib/clock.js'
import { writeLog } from '../lib/kept-log.js'
import { checkpointRefusal } from '../diagnosis/checkpoint-exception.js'
import { diagnose } from '../diagnosis/diagnose.js'
import { endOf, type ContainerEnd } from '../docker/containers.js'
import { findContainer } from '../docker/inspect.js'
import type { CommandResult } from '../docker/process-group.js'
import { lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import { withResolvers } from '../lib/with-resolvers.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { SHOWN_LINES, type RunningApplication, type CheckpointContext } from './started-application.js'
import { criuFailure, type Evidence } from './verify.js'
import { dumpThreads, relevantThreads } from './threads.js'

const ENGINE_FAILED =
  /^(?:JVM: invalid info for restore provided|CRIU failed with exit code|CRIU has not properly exited|cannot find CRIU|Cannot execute CRIU|.*CRaC engine failed to checkpoint)/

/** The last line of docker/checkpoint/checkpoint.sh, after which the container stays. */
const ENDED = new RegExp(`^${MARKERS.jvmEnded} (\\d+), as it does`)

/** Events of a checkpoint in the output of the container, long before the container ends. */
export interface OutputEvents {
  /** Resolves when the JVM prints that CRIU failed; the JVM itself continues then. */
  engineFailed: Promise<'engine failed'>
  /** Resolves with the exit code of the JVM when the evidence of the checkpoint is complete. */
  collected: Promise<number>
  hasEngineFailed: () => boolean
  /** The refusal in the log of an application that triggered the checkpoint itself; empty if there was none. */
  refusal: () => string
}

const REFUSED = /\bCheckpointException\b/
/** Limit for the lines of the exception and its causes. */
const MOST_REFUSAL_LINES = 400

/** Watches the output, line by line, for the events of a checkpoint. */
export function watchOutput(): OutputEvents & { onLine: (line: string) => void } {
  const engineFailed = withResolvers<'engine failed'>()
  const collected = withResolvers<number>()
  let hasFailed = false
  const refusal: string[] = []
  return {
    engineFailed: engineFailed.promise,
    collected: collected.promise,
    hasEngineFailed: () => hasFailed,
    refusal: () => refusal.join('\n'),
    onLine: (line) => {
      if (ENGINE_FAILED.test(line)) {
        hasFailed = true
        engineFailed.resolve('engine failed')
      }
      const belongs = refusal.length > 0 || REFUSED.test(line)
      if (belongs && refusal.length < MOST_REFUSAL_LINES) refusal.push(line)
      const code = ENDED.exec(line)?.[1]
      if (code !== undefined) collected.resolve(Number(code))
    }
  }
}

export interface TriggerRequest {
  checkpointTimeout: Milliseconds
  /** Existing folder for CRIU's log and the other evidence of the checkpoint. */
  evidence: string
}

/** Triggers the checkpoint and returns the end of the JVM. Throws a Failure if it refuses, if CRIU fails, or if the time is over. */
export async function checkpoint(
  context: CheckpointContext,
  application: RunningApplication,
  events: OutputEvents,
  request: TriggerRequest
): Promise<ContainerEnd> {
  const { docker, clock, keep } = context
  let answered = false
  const answer = docker
    .attempt(['exec', application.name, `${CRAC_DIR}/${SCRIPTS.trigger}`], {
      timeout: request.checkpointTimeout
    })
    .then(async (result) => {
      answered = true
      const log = path.join(request.evidence, 'jcmd.log')
      await writeLog(log, `${result.stdout}${result.stderr}`, keep.hiding)
      return result
    })
  const refused = answer.then((result) => refusal(context, application, result))
  refused.catch(() => undefined)

  const outcome = await within(
    Promise.race([
      application.ended,
      events.collected.then((exitCode) => endOf(docker, application.name, exitCode)),
      events.engineFailed,
      // An answer of jcmd other than a refusal decides nothing: what counts is the end of the JVM.
      refused.then((failure) => failure ?? new Promise<never>(() => undefined))
    ]),
    request.checkpointTimeout,
    clock
  )
  if (outcome instanceof Failure) throw outcome
  if (outcome === 'engine failed') {
    throw criuFailure(await criuLog(context, application, request), undefined, application.output.text())
  }
  if (outcome === EXPIRED) throw await expired(context, application, request, answered)
  return outcome
}

/** Copies the evidence of the checkpoint out of the container; in its logs known secrets are replaced. */
export async function copyEvidence(
  { docker, keep }: CheckpointContext,
  { name }: RunningApplication,
  { evidence, images }: Evidence
): Promise<void> {
  const copied = `${images}-evidence`
  await rm(copied, { recursive: true, force: true })
  await mkdir(copied)
  await docker.run(['cp', `${name}:${EVIDENCE_DIR}/.`, copied])
  // The images hold the registers of the threads, and so perhaps parts of secrets: they must not stay in the logs.
  await rm(images, { recursive: true, force: true })
  await rename(path.join(copied, EVIDENCE_FILES.images), images).catch(() => undefined)
  for (const entry of await readdir(copied, { withFileTypes: true })) {
    // A link, which the application could have made, would be followed on this machine.
    if (!entry.isFile()) continue
    const content = await readFile(path.join(copied, entry.name))
    await writeLog(path.join(evidence, entry.name), content, keep.hiding)
  }
  await rm(copied, { recursive: true, force: true })
}

async function expired(
  context: CheckpointContext,
  application: RunningApplication,
  request: TriggerRequest,
  answered: boolean
): Promise<Failure> {
  const progress = answered
    ? 'the JVM had agreed, but CRIU did not finish'
    : 'the JVM had not responded; a beforeCheckpoint hook may hang'
  // Read before the thread dump, which goes to the same output.
  const output = application.output.text()
  const threads = answered ? '' : relevantThreads(await dumpThreads(context, application, request.evidence))
  const log = await criuLog(context, application, request)
  const finding = log === '' ? undefined : diagnose('dump', { criu: log })
  return new Failure(
    'application',
    `The checkpoint was not complete within ${seconds(request.checkpointTimeout)}: ${progress}.${finding ? ` ${finding.cause}` : ''}`,
    {
      fix:
        finding?.fix ??
        (answered
          ? "If it needs longer, raise `checkpoint-timeout`; CRIU's log is in the folder of the output `logs`."
          : 'Fix the hook in which the threads below hang (threads.txt in the folder of the output `logs` has them all); if it only needs longer, raise `checkpoint-timeout`.'),
      evidence: [output, lastLines(log, SHOWN_LINES), threads].filter((part) => part !== '').join('\n'),
      signature: finding?.signature
    }
  )
}

/** Returns the Failure that the answer of jcmd means; undefined where it is not a refusal. */
async function refusal(
  { docker }: CheckpointContext,
  application: RunningApplication,
  answer: CommandResult
): Promise<Failure | undefined> {
  const refused = checkpointRefusal(answer.stdout)
  if (refused || answer.exitCode === 0 || answer.stdout.includes('CR: Checkpoint')) return refused
  if (!(await findContainer(docker, application.name))?.State.Running) return undefined
  const output = `${answer.stdout}\n${answer.stderr}`
  const finding = diagnose('dump', { jvm: output })
  return new Failure('application', 'jcmd could not trigger the checkpoint in the JVM.', {
    fix:
      finding?.fix ??
      'Do not disable the attach mechanism of the JVM (-XX:+DisableAttachMechanism); the output of jcmd is below.',
    evidence: lastLines(output, SHOWN_LINES),
    signature: finding?.signature
  })
}

/** Returns CRIU's log so far of a checkpoint that did not end; '' where there is none. */
async function criuLog(
  { docker, keep }: CheckpointContext,
  { name }: RunningApplication,
  { evidence }: TriggerRequest
): Promise<string> {
  const file = path.join(evidence, EVIDENCE_FILES.criuLog)
  await docker.attempt(['cp', `${name}:${SNAPSHOT_DIR}/${EVIDENCE_FILES.criuLog}`, file])
  const copied = await lstat(file).catch(() => undefined)
  if (copied === undefined) return ''
  // A link, which the application could have made, would be followed on this machine.
  if (!copied.isFile()) {
    await rm(file, { recursive: true, force: true })
    return ''
  }
  const log = await readFile(file)
  await writeLog(file, log, keep.hiding)
  return log.toString('latin1')
}
