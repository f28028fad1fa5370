import { EXPIRED, within } from '../lib/clock.js'
import { knownCause } from '../diagnosis/diagnose.js'
import type { ContainerEnd } from '../docker/containers.js'
import { Failure } from '../lib/errors.js'
import { explainMissingPort } from '../probe/listeners.js'
import { checksFor, findServes, untilReady, type Readiness, type Target } from '../probe/readiness.js'
import type { Serves } from '../probe/responds.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import type { RunningApplication, CheckpointContext } from './started-application.js'
import { dumpThreads, relevantThreads } from './threads.js'

export interface ReadyRequest {
  readiness: Readiness
  target: Target
  /** End of an application that triggers its checkpoint itself while it starts. */
  checkpointed: Promise<ContainerEnd>
  startupTimeout: Milliseconds
  /** Existing folder for a thread dump. */
  evidence: string
}

/** Pause between two probes of an application that starts. */
const PROBE_INTERVAL: Milliseconds = 50

/**
 * Time by the clock when all of the checks had held, their names, and what is on the application's port then; or the end of the
 * JVM that was checkpointed before that.
 */
export type Started =
  { readyAt: Milliseconds; shownBy: string; serves: Serves } | { checkpointed: ContainerEnd }

/** Waits until the application is ready, or has triggered its checkpoint itself. Throws a Failure if neither happens in time. */
export async function untilApplicationReady(
  context: CheckpointContext,
  application: RunningApplication,
  request: ReadyRequest
): Promise<Started> {
  const { clock } = context
  const { readiness, target } = request
  const stop = new AbortController()
  const checks = checksFor(readiness, target)
  const ready = untilReady(checks, PROBE_INTERVAL, clock, stop.signal)
  const checkpointed = request.checkpointed.then((end) => ({ checkpointed: end }))
  // A check may fail because its container has ended, before that end is known.
  const first = Promise.race([ready.catch(() => application.ended), application.ended, checkpointed])
  const outcome = await within(first, request.startupTimeout, clock).finally(() => stop.abort())

  if (outcome !== EXPIRED && 'checkpointed' in outcome) return outcome
  if (outcome !== EXPIRED && 'exitCode' in outcome) {
    await application.drained()
    throw endedEarly(outcome, application, 'before it was ready')
  }
  if (outcome !== EXPIRED && outcome.ready) {
    const responded = checks.some(({ port }) => port?.number === target.spec.port)
    const serves = responded ? (outcome.tls ? 'tls' : 'plain') : await findServes(target)
    return { readyAt: outcome.at, shownBy: checks.map(({ name }) => name).join('; '), serves }
  }
  const last = await ready
  const missing = last.ready
    ? 'it became ready just too late'
    : `${last.check.name}: ${last.last.description}`
  const port = last.ready ? undefined : await explainMissingPort(target, last.check.port)
  const finding = knownCause(application.diagnoser.finding())
  // Read before the thread dump, which goes to the same output.
  const output = application.output.text()
  const threads = relevantThreads(await dumpThreads(context, application, request.evidence))
  throw new Failure(
    'application',
    `The application was not ready within ${seconds(request.startupTimeout)} (` +
      `${missing}).${finding || port ? ` ${(finding ?? port)?.cause}` : ''}`,
    {
      fix:
        finding?.fix ??
        port?.fix ??
        'If it needs longer, raise `startup-timeout`; if it listens or responds elsewhere, set `port`, `ready-url`, `ready-log` or ' +
          '`ready-command`. The last lines of its log are below.',
      evidence: [output, threads].filter((part) => part !== '').join('\n'),
      signature: finding?.signature
    }
  )
}

/** Returns the Failure of an application that ended too early; `when` completes the sentence. */
export function endedEarly(end: ContainerEnd, application: RunningApplication, when: string): Failure {
  const finding = knownCause(application.diagnoser.finding())
  const why = end.oomKilled
    ? 'was ended by the kernel: out of memory'
    : `ended with exit code ${end.exitCode}`
  return new Failure(
    finding?.category ?? 'application',
    `The application ${why} ${when}.${finding ? ` ${finding.cause}` : ''}`,
    {
      fix: end.oomKilled
        ? 'Use a runner with more memory, or give the JVM a smaller heap with `java-options: -Xmx...`.'
        : (finding?.fix ??
          'Fix the problem that the last lines of its log show; it must run in a container with nothing but this image and `env`.'),
      evidence: application.output.text(),
      signature: finding?.signature
    }
  )
}
