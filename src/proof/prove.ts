import { diagnose } from '../diagnosis/diagnose.js'
import { lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import type { Start } from './figures.js'
import { timedStart, type StartRequest, type World } from './timed-start.js'

/** Restores the image, with exactly the privileges that it declares; one that does not answer, restored, is a Failure. */
export async function proveRestore(world: World, request: StartRequest): Promise<Start> {
  return await timedStart(world, request, {
    name: 'restore',
    // No fallback, and whatever the user's `env` says of it.
    env: {
      CRAC_RESTORE: 'true',
      CRAC_ON_RESTORE_FAILURE: 'exit',
      CRAC_RESTORE_TIMEOUT: String(Math.ceil(request.restoreTimeout / 1000))
    },
    limit: request.restoreTimeout,
    failed: restoreFailed
  })
}

/** Starts the image normally; one that does not answer is a Failure. */
export async function startNormally(world: World, request: StartRequest): Promise<Start> {
  return await timedStart(world, request, {
    name: 'cold',
    env: { CRAC_RESTORE: 'false' },
    limit: request.startupTimeout,
    failed: coldStartFailed
  })
}

function restoreFailed(why: string, log: string): Failure {
  const finding = diagnose('restore', { app: log })
  return new Failure(
    finding?.category ?? 'runner',
    `The image does not restore: ${why}.${finding ? ` ${finding.cause}` : ''} It was not pushed.`,
    {
      fix:
        finding?.fix ??
        "CRIU's words below name the cause; a capability or a system call that this host does not allow is the usual one.",
      evidence: finding?.line ?? lastLines(log, 30),
      signature: finding?.signature?.id
    }
  )
}

function coldStartFailed(why: string, log: string): Failure {
  return new Failure('application', `The image does not start normally: ${why}. It was not pushed.`, {
    fix: 'On hosts that cannot restore, this is what would happen; mend what the log below names.',
    evidence: lastLines(log, 30)
  })
}
