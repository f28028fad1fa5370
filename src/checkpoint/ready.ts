import { EXPIRED, within } from '../lib/clock.js'
import { knownCause } from '../diagnosis/diagnose.js'
import type { ContainerEnd } from '../docker/containers.js'
import { Failure } from '../lib/errors.js'
import { untilReady, type Check } from '../probe/readiness.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import type { Application, World } from './started-application.js'
import { dumpThreads, tellingThreads } from './threads.js'

export interface ReadyRequest {
  checks: readonly Check[]
  /** A line of the output to wait for. */
  logged: { pattern: RegExp; seen: Promise<void> } | undefined
  /** The end of an application that takes its checkpoint itself, before anybody could ask for it. */
  taken: Promise<ContainerEnd>
  startupTimeout: Milliseconds
  /** Existing folder for a thread dump. */
  evidence: string
}

/** Between two probes of an application that starts. */
const PROBE_INTERVAL: Milliseconds = 50

/** When all of the checks had held, by the clock; or how the JVM ended that was checkpointed before. */
export type Started = { readyAt: Milliseconds } | { taken: ContainerEnd }

/** Waits until the application is ready, or has taken its checkpoint itself; one that ends or does neither is a Failure. */
export async function untilApplicationReady(
  world: World,
  application: Application,
  request: ReadyRequest
): Promise<Started> {
  const { clock } = world
  const stop = new AbortController()
  let logSeen = request.logged === undefined
  const logged = request.logged?.seen.then(() => {
    logSeen = true
  })
  const ready = untilReady(request.checks, PROBE_INTERVAL, clock, stop.signal)
  const both = Promise.all([ready, logged]).then(([outcome]) => outcome)
  const taken = request.taken.then((end) => ({ taken: end }))
  const first = Promise.race([both, application.ended, taken])
  const outcome = await within(first, request.startupTimeout, clock).finally(() => stop.abort())

  if (outcome !== EXPIRED && 'taken' in outcome) return outcome
  if (outcome !== EXPIRED && 'exitCode' in outcome) {
    await application.drained()
    throw endedEarly(outcome, application, 'before it was ready')
  }
  // A pattern may come last, and it comes without a time of its own.
  if (outcome !== EXPIRED && outcome.ready) return { readyAt: request.logged ? clock.now() : outcome.at }
  const last = await ready
  const missing = last.ready ? undefined : `${last.check}: ${last.last.description}`
  const finding = knownCause(application.diagnoser.finding())
  // Taken before the threads, which are printed too.
  const output = application.output.text()
  const threads = tellingThreads(await dumpThreads(world, application, request.evidence))
  throw new Failure(
    'application',
    `The application was not ready within ${seconds(request.startupTimeout)} (` +
      `${missing ?? (logSeen ? 'it was just late' : `no line matched ready-log ${request.logged?.pattern.source ?? ''}`)}).` +
      (finding ? ` ${finding.cause}` : ''),
    {
      fix:
        finding?.fix ??
        'If it needs longer, raise `startup-timeout`; if it listens or answers elsewhere, set `port`, `ready-url`, `ready-log` or ' +
          '`ready-command`. The last lines of its log are below.',
      evidence: [output, threads].filter((part) => part !== '').join('\n'),
      signature: finding?.signature?.id
    }
  )
}

/** The application ended by itself when it should not. */
export function endedEarly(end: ContainerEnd, application: Application, when: string): Failure {
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
          'Mend what the last lines of its log below name; it must run in a container with nothing but this image and `env`.'),
      evidence: application.output.text(),
      signature: finding?.signature?.id
    }
  )
}
