import { Failure } from '../lib/errors.js'
import { seconds, type Milliseconds } from '../lib/values.js'
import { fromFork } from '../runner/pull-request.js'
import { TagsPutBack } from './tags.js'

/** Circumstances of a push. */
export interface PushCircumstances {
  /** Aborted when the time limit of the push is over. */
  late: AbortSignal
  limit: Milliseconds
  cancelled: AbortSignal
  environment: NodeJS.ProcessEnv
}

/** Returns the error of a push as its user can understand it: with the time limit, or with the rights of a fork. */
export async function explainPushFailure(
  error: unknown,
  { late, limit, cancelled, environment }: PushCircumstances
): Promise<unknown> {
  if (late.aborted && !cancelled.aborted) return timedOut(limit, error)
  return await explained(error, environment)
}

function timedOut(limit: Milliseconds, cause: unknown): Failure {
  return new Failure(
    'registry',
    `The push was not complete within ${seconds(limit)}. ${stateOfTags(cause)}`,
    { fix: 'If the registry is slow, increase `push-timeout`.', cause }
  )
}

/** Returns sentences about the tags after the error of a push. */
function stateOfTags(error: unknown): string {
  if (error instanceof TagsPutBack) return error.outcomes.join(' ')
  // A Failure has them in its message, if a tag was moved before it.
  return error instanceof Failure ? error.message : 'No tag was moved.'
}

async function explained(error: unknown, environment: NodeJS.ProcessEnv): Promise<unknown> {
  return error instanceof Failure && error.category === 'registry' && (await fromFork(environment))
    ? error.also(
        'This is a pull request from a fork, whose token may not push: set `push` to false for those.'
      )
    : error
}
