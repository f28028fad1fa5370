import { diagnose } from '../diagnosis/diagnose.js'
import { lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import type { Start } from './figures.js'
import type { StartContext } from '../docker/started-container.js'
import { timedStart, type StartRequest } from './timed-start.js'

/** Restores the image, with exactly the privileges that it declares. Throws a Failure if no restored application responds. */
export async function proveRestore(context: StartContext, request: StartRequest): Promise<Start> {
  return await timedStart(context, request, {
    name: 'restore',
    // The fallback is off, whatever the user's `env` says.
    env: {
      CRAC_RESTORE: 'true',
      CRAC_ON_RESTORE_FAILURE: 'exit',
      CRAC_RESTORE_TIMEOUT: String(Math.ceil(request.restoreTimeout / 1000))
    },
    limit: request.restoreTimeout,
    failed: restoreFailed
  })
}

/** Starts the image normally, without its archive of classes. Throws a Failure if it does not respond. */
export async function startNormally(context: StartContext, request: StartRequest): Promise<Start> {
  return await withoutRestore(context, request, 'cold')
}

/** Starts the image normally, with its archive of classes. Throws a Failure if it does not respond. */
export async function startWithArchive(context: StartContext, request: StartRequest): Promise<Start> {
  return await withoutRestore(context, request, 'archive')
}

async function withoutRestore(
  context: StartContext,
  request: StartRequest,
  name: 'cold' | 'archive'
): Promise<Start> {
  return await timedStart(context, request, {
    name,
    env: { CRAC_RESTORE: 'false', CRAC_ARCHIVE: String(name === 'archive') },
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
        'The output of CRIU below shows the cause; usually it is a capability or a system call that this host does not allow.',
      evidence: finding?.line ?? lastLines(log, 30),
      signature: finding?.signature
    }
  )
}

function coldStartFailed(why: string, log: string): Failure {
  return new Failure('application', `The image does not start normally: ${why}. It was not pushed.`, {
    fix: 'On a host that cannot restore, the image would fail like this. Fix the problem that the log below shows.',
    evidence: lastLines(log, 30)
  })
}
