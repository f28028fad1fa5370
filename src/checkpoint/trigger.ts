import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CRAC_DIR, EVIDENCE_DIR, EVIDENCE_FILES, MARKERS, SCRIPTS, SNAPSHOT_DIR } from '../lib/image-paths.js'
import { EXPIRED, within } from '../lib/clock.js'
import { checkpointRefusal } from '../diagnosis/checkpoint-exception.js'
import { diagnose } from '../diagnosis/diagnose.js'
import { endOf, type ContainerEnd } from '../docker/containers.js'
import type { CommandResult } from '../docker/process-group.js'
import { lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { SHOWN_LINES, type Application, type World } from './started-application.js'
import { criuFailure, type Evidence } from './verify.js'
import { dumpThreads, tellingThreads } from './threads.js'

const ENGINE_FAILED =
  /^(?:JVM: invalid info for restore provided|CRIU failed with exit code|CRIU has not properly exited|cannot find CRIU|Cannot execute CRIU|.*CRaC engine failed to checkpoint)/

/** The last line of docker/checkpoint/checkpoint.sh, after which the container stays. */
const ENDED = new RegExp(`^${MARKERS.jvmEnded} (\\d+), as it does`)

/** What the output of the container tells of a checkpoint, long before the container ends. */
export interface Signs {
  /** Resolves when the JVM says that CRIU failed; the JVM itself goes on then. */
  engineFailed: Promise<'engine failed'>
  /** The JVM's exit code, when the evidence of the checkpoint lies ready. */
  collected: Promise<number>
  hasEngineFailed: () => boolean
  /** A refusal in the log of an application that asked for the checkpoint itself; empty if there was none. */
  refusal: () => string
}

const REFUSED = /\bCheckpointException\b/
/** Of the exception and its causes. */
const MOST_REFUSAL_LINES = 400

/** Watches the output for these signs. */
export function watchSigns(): Signs & { onLine: (line: string) => void } {
  let fail: (sign: 'engine failed') => void = () => undefined
  let end: (exitCode: number) => void = () => undefined
  let failed = false
  const refusal: string[] = []
  return {
    engineFailed: new Promise((resolve) => (fail = resolve)),
    collected: new Promise((resolve) => (end = resolve)),
    hasEngineFailed: () => failed,
    refusal: () => refusal.join('\n'),
    onLine: (line) => {
      if (ENGINE_FAILED.test(line)) {
        failed = true
        fail('engine failed')
      }
      const belongs = refusal.length > 0 || REFUSED.test(line)
      if (belongs && refusal.length < MOST_REFUSAL_LINES) refusal.push(line)
      const code = ENDED.exec(line)?.[1]
      if (code !== undefined) end(Number(code))
    }
  }
}

export interface TriggerRequest {
  checkpointTimeout: Milliseconds
  /** Existing folder for CRIU's log and what else proves the checkpoint. */
  evidence: string
}

/** Triggers the checkpoint; resolves when the JVM has ended. Anything else is a Failure. */
export async function checkpoint(
  world: World,
  application: Application,
  signs: Signs,
  request: TriggerRequest
): Promise<ContainerEnd> {
  const { docker, clock } = world
  let answered = false
  const answer = docker
    .attempt(['exec', application.name, `${CRAC_DIR}/${SCRIPTS.trigger}`], {
      timeout: request.checkpointTimeout
    })
    .then(async (result) => {
      answered = true
      await writeFile(path.join(request.evidence, 'jcmd.log'), `${result.stdout}${result.stderr}`)
      return result
    })
  const refused = answer.then((result) => refusal(world, application, result))
  refused.catch(() => undefined)

  const outcome = await within(
    Promise.race([
      application.ended,
      signs.collected.then((exitCode) => endOf(docker, application.name, exitCode)),
      signs.engineFailed,
      // An answer that is no refusal says nothing: what counts is the end of the JVM.
      refused.then((failure) => failure ?? new Promise<never>(() => undefined))
    ]),
    request.checkpointTimeout,
    clock
  )
  if (outcome instanceof Failure) throw outcome
  if (outcome === 'engine failed') {
    throw criuFailure(await criuLog(world, application, request), undefined, application.output.text())
  }
  if (outcome === EXPIRED) throw await expired(world, application, request, answered)
  return outcome
}

/** Takes what proves the checkpoint out of the container. */
export async function copyEvidence(
  { docker }: World,
  { name }: Application,
  { evidence, images }: Evidence
): Promise<void> {
  await docker.run(['cp', `${name}:${EVIDENCE_DIR}/.`, evidence])
  // The registers of the threads are in them, and so can be pieces of secrets: the evidence is for the logs.
  await rm(images, { recursive: true, force: true })
  await rename(path.join(evidence, EVIDENCE_FILES.images), images).catch(() => undefined)
}

async function expired(
  world: World,
  application: Application,
  request: TriggerRequest,
  answered: boolean
): Promise<Failure> {
  const phase = answered
    ? 'the JVM had agreed, and CRIU did not finish'
    : 'the JVM had not answered; a beforeCheckpoint hook may hang'
  // Taken before the threads, which are printed too.
  const output = application.output.text()
  const threads = answered ? '' : tellingThreads(await dumpThreads(world, application, request.evidence))
  const log = await criuLog(world, application, request)
  const finding = log === '' ? undefined : diagnose('dump', { criu: log })
  return new Failure(
    'application',
    `The checkpoint was not complete within ${seconds(request.checkpointTimeout)}: ${phase}.${finding ? ` ${finding.cause}` : ''}`,
    {
      fix:
        finding?.fix ??
        (answered
          ? "If it needs longer, raise `checkpoint-timeout`; CRIU's log is in the folder of the output `logs`."
          : 'Mend the hook that the threads below stand in (threads.txt in the folder of the output `logs` has them all); if it only needs longer, raise `checkpoint-timeout`.'),
      evidence: [output, lastLines(log, SHOWN_LINES), threads].filter((part) => part !== '').join('\n'),
      signature: finding?.signature?.id
    }
  )
}

/** What jcmd's answer means; undefined where it is no refusal. */
async function refusal(
  { docker }: World,
  application: Application,
  answer: CommandResult
): Promise<Failure | undefined> {
  const refused = checkpointRefusal(answer.stdout)
  if (refused || answer.exitCode === 0 || answer.stdout.includes('CR: Checkpoint')) return refused
  const running = await docker.attempt(['inspect', '--format', '{{.State.Running}}', application.name])
  if (running.stdout.trim() !== 'true') return undefined
  const words = `${answer.stdout}\n${answer.stderr}`
  const finding = diagnose('dump', { jvm: words })
  return new Failure('application', 'The JVM could not be asked for a checkpoint.', {
    fix:
      finding?.fix ??
      'Do not disable the attach mechanism of the JVM (-XX:+DisableAttachMechanism); the words of jcmd are below.',
    evidence: lastLines(words, SHOWN_LINES),
    signature: finding?.signature?.id
  })
}

/** CRIU's log so far, of a checkpoint that did not end. */
async function criuLog(
  { docker }: World,
  { name }: Application,
  { evidence }: TriggerRequest
): Promise<string> {
  const copy = path.join(evidence, EVIDENCE_FILES.criuLog)
  await docker.attempt(['cp', `${name}:${SNAPSHOT_DIR}/${EVIDENCE_FILES.criuLog}`, copy])
  return await readFile(copy, 'latin1').catch(() => '')
}
