import { diagnose, type Finding } from '../diagnosis/diagnose.js'
import { lastLines } from '../docker/failure.js'
import { Failure } from '../lib/errors.js'
import type { Start } from './figures.js'
import type { StartContext } from '../docker/started-container.js'
import { timedStart, type FailedStart, type StartRequest } from './timed-start.js'

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

/** Returns the Failure of a restore: of the host or the image if no process was restored, else of the application. */
function restoreFailed({ why, log, restored, port }: FailedStart): Failure {
  const found = diagnose('restore', { app: log })
  const finding = !found || (restored && !explains(found, why)) ? undefined : found
  const cause = finding?.cause ?? port?.cause
  const what = restored
    ? 'The image was restored, but the application does not work:'
    : 'The image does not restore:'
  return new Failure(
    finding?.category ?? (restored ? 'application' : 'runner'),
    `${what} ${why}.${cause === undefined ? '' : ` ${cause}`} It was not pushed.`,
    {
      fix: finding?.fix ?? port?.fix ?? (restored ? FIX_APPLICATION : FIX_HOST),
      evidence: finding?.line ?? lastLines(log, 30),
      signature: finding?.signature
    }
  )
}

/** Whether a line explains why a restored application does not work. */
function explains({ signature }: Finding, why: string): boolean {
  // Undertow is started again in any case: with this status, it is shut down.
  if (signature?.id === 'fw-undertow-graceful') return why.includes('status 503')
  // CRIU writes errors of a restore that succeeded, too.
  return signature?.stream === 'app'
}

const FIX_HOST =
  'Read the lines of CRIU below that have "Error": usually the Docker engine of this runner does not allow a capability or a system call. If there are none, raise `restore-timeout`.'

const FIX_APPLICATION =
  'Fix what the log of the application below shows: usually an afterRestore that fails or hangs, or a service that is missing (`network`, `env`). If it is only slow, raise `restore-timeout`.'

function coldStartFailed({ why, log, port }: FailedStart): Failure {
  return new Failure(
    'application',
    `The image does not start normally: ${why}.${port ? ` ${port.cause}` : ''} It was not pushed.`,
    {
      fix:
        port?.fix ??
        'On a host that cannot restore, the image would fail like this. Fix the problem that the log below shows.',
      evidence: lastLines(log, 30)
    }
  )
}
