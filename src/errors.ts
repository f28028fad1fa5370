import { oneLine, plainText, withoutMiddle } from './text.js'

/** Whose hands a failure is in. The class decides who the message addresses. */
export type FailureClass =
  'input' | 'runner' | 'image' | 'application' | 'secret' | 'jdk' | 'registry' | 'cancelled' | 'internal'

/** Who can mend a failure of each class. */
export const MENDER: Record<FailureClass, string> = {
  input: 'whoever writes the workflow',
  runner: 'whoever runs the runner',
  image: 'whoever chose the base image',
  application: 'the developers of the application',
  secret: 'whoever writes the workflow, with the developers of the application',
  jdk: 'whoever writes the workflow (choice of the JDK)',
  registry: 'whoever owns the registry or the token',
  cancelled: 'nobody: the run was cancelled',
  internal: 'the developers of crac-checkpoint'
}

export interface FailureDetails {
  /** What to do about it: one or two sentences in the imperative. */
  cure: string
  /** The lines that show it: log lines, a server's answer. Untrusted text. */
  evidence?: string | undefined
  /** Id of the known failure that it is (src/diagnosis/catalogue/). */
  signature?: string | undefined
  /** The error underneath. */
  cause?: unknown
}

/** A failure that a user can meet: it says what happened, who can mend it and how, each in a line that is safe to print. */
export class Failure extends Error {
  readonly cure: string
  readonly evidence: string | undefined
  readonly signature: string | undefined

  constructor(
    readonly kind: FailureClass,
    what: string,
    details: FailureDetails
  ) {
    super(oneLine(what), details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'Failure'
    this.cure = oneLine(details.cure)
    this.evidence = details.evidence
    this.signature = details.signature
  }

  /** The same failure, with another sentence behind its message. */
  also(sentence: string): Failure {
    const { cure, evidence, signature } = this
    return new Failure(this.kind, `${this.message} ${sentence}`, { cure, evidence, signature, cause: this })
  }

  /** The same failure, told of what was wanted: `${what}: ${its own message}`. */
  of(what: string): Failure {
    const { cure, evidence, signature } = this
    return new Failure(this.kind, `${what}: ${this.message}`, { cure, evidence, signature, cause: this })
  }
}

/** This machine cannot take or restore snapshots, whatever the workflow says; `on-unsupported-runner` decides then. */
export class UnsupportedRunner extends Failure {
  constructor(what: string, details: FailureDetails) {
    super('runner', what, details)
  }
}

/** Anything that was thrown, as a Failure: what is not one already is a defect of ours. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  return new Failure('internal', `crac-checkpoint itself failed: ${messageOf(error)}`, {
    cure: 'Please open an issue with the log of this step.',
    cause: error
  })
}

/** Bytes of evidence in a message: GitHub takes annotations of 64 KB. */
const MOST_EVIDENCE = 48 * 1024

/** The one message of a failure: cause first, cure next, evidence last. */
export function describeFailure(failure: Failure): string {
  const lines = [
    failure.message,
    `Who can mend it: ${MENDER[failure.kind]} (class: ${failure.kind}).`,
    `How: ${failure.cure}`
  ]
  if (failure.signature !== undefined)
    lines.push(`More: docs/troubleshooting.md, under ${failure.signature}.`)
  if (failure.evidence) lines.push('', withoutMiddle(plainText(failure.evidence).trimEnd(), MOST_EVIDENCE))
  return lines.join('\n')
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
