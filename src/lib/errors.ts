import { oneLine, plainText, withoutMiddle } from './text.js'

/** Who can fix a failure: the category decides who the message addresses. */
export type FailureCategory =
  'input' | 'runner' | 'image' | 'application' | 'secret' | 'jdk' | 'registry' | 'cancelled' | 'internal'

/** Owner of a failure of each category. */
export const OWNER: Record<FailureCategory, string> = {
  input: 'workflow author',
  runner: 'runner administrator',
  image: 'author of the base image',
  application: 'application developers',
  secret: 'workflow author and application developers',
  jdk: 'workflow author',
  registry: 'workflow author, or registry administrator',
  cancelled: 'nobody',
  internal: 'crac-checkpoint developers'
}

/** What may fix a failure of a known kind; `none`: not even another attempt. */
export type Remedy = 'privileges' | 'disk' | 'retry' | 'none'

/** A failure of a known kind: its id in src/diagnosis/catalogue/, and its remedy. */
export interface KnownFailure {
  id: string
  remedy?: Remedy | undefined
}

export interface FailureDetails {
  /** One or two sentences in the imperative that solve the problem. */
  fix: string
  /** Untrusted text that shows the problem: log lines, or the response of a server. */
  evidence?: string | undefined
  signature?: KnownFailure | undefined
  /** Error that led to this failure. */
  cause?: unknown
}

/** A failure with a message for the user: what happened, the fix and the owner, each in one line that is safe to print. */
export class Failure extends Error {
  readonly fix: string
  readonly evidence: string | undefined
  readonly signature: KnownFailure | undefined

  constructor(
    readonly category: FailureCategory,
    what: string,
    details: FailureDetails
  ) {
    super(oneLine(what), details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'Failure'
    this.fix = oneLine(details.fix)
    this.evidence = details.evidence
    this.signature = details.signature
  }

  /** Returns this failure with one more sentence at the end of its message. */
  also(sentence: string): Failure {
    const { fix, evidence, signature } = this
    return new Failure(this.category, `${this.message} ${sentence}`, {
      fix,
      evidence,
      signature,
      cause: this
    })
  }

  /** Returns this failure with its context in front: `${context}: ${message}`. */
  of(context: string): Failure {
    const { fix, evidence, signature } = this
    return new Failure(this.category, `${context}: ${this.message}`, {
      fix,
      evidence,
      signature,
      cause: this
    })
  }
}

/** A failure of a runner that cannot take or restore snapshots; the input `on-unsupported-runner` decides what happens next. */
export class UnsupportedRunner extends Failure {
  constructor(what: string, details: FailureDetails) {
    super('runner', what, details)
  }
}

/** Returns the result of the work, or the error of an unsupported runner as a value: the job can continue without a snapshot. */
export async function unlessUnsupported<T>(work: Promise<T>): Promise<T | UnsupportedRunner> {
  return await work.catch((error: unknown) => {
    if (error instanceof UnsupportedRunner) return error
    throw error
  })
}

/** Converts a thrown value to a Failure: anything but a Failure is a defect of crac-checkpoint. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure('internal', `crac-checkpoint itself failed: ${messageOf(error)}`, {
    fix: 'Please open an issue with the log of this step.',
    cause: error
  })
}

/** Maximum size of the evidence in a message, in bytes: GitHub accepts annotations of up to 64 KB. */
const MOST_EVIDENCE = 48 * 1024

/** Folder of the pages: a path alone means nothing in the log of a user. */
export const DOCS = 'https://github.com/org/crac-checkpoint/blob/main/docs'

/** Page with the known failures, each under its id. */
const TROUBLESHOOTING = `${DOCS}/troubleshooting.md`

/** Formats the message of a failure: what happened, fix, owner, documentation, evidence. */
export function describeFailure(failure: Failure): string {
  const lines = [
    failure.message,
    `Fix: ${failure.fix}`,
    `Owner: ${OWNER[failure.category]} (category: ${failure.category})`
  ]
  if (failure.signature !== undefined) lines.push(`Read more: ${TROUBLESHOOTING}#${failure.signature.id}`)
  if (failure.evidence) lines.push('', withoutMiddle(plainText(failure.evidence).trimEnd(), MOST_EVIDENCE))
  return lines.join('\n')
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
