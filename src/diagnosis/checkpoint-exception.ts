import { Failure, type FailureDetails } from '../lib/errors.js'
import { whatIsOpen } from './opened-by.js'
import { channelsIn, isListening, isOfSelector, NO_PORTS, portsIn, type SocketPorts } from './open-socket.js'

/** Kind of an open resource because of which a CRaC JVM refuses the checkpoint. */
export type ResourceKind = 'socket' | 'file' | 'other'

export interface OpenResource {
  kind: ResourceKind
  /** Text of the JVM: an address, a path. */
  description: string
  /** true for the listening socket of a server. */
  listens: boolean
  /** Ports of a socket. */
  ports: SocketPorts
  /** Thread and frames of the code that opened it; undefined if the JVM did not record them. */
  openedBy: { thread: string; frames: string[] } | undefined
}

/** The application or its JVM refused the checkpoint; the input `on-checkpoint-failure` decides what happens next. */
export class CheckpointRefused extends Failure {
  constructor(what: string, details: FailureDetails) {
    super('application', what, details)
  }
}

/** Returns the result of the work, or the refusal of the checkpoint as a value: the job can continue without a snapshot. */
export async function unlessRefused<T>(work: Promise<T>): Promise<T | CheckpointRefused> {
  return await work.catch((error: unknown) => {
    if (error instanceof CheckpointRefused) return error
    throw error
  })
}

/** The JVM refused the checkpoint because of open resources of the application. */
export class OpenResources extends CheckpointRefused {
  constructor(
    readonly resources: readonly OpenResource[],
    what: string,
    details: FailureDetails,
    /** Whether the message names the library, and so the fix is its own. */
    readonly isNamed = false
  ) {
    super(what, details)
  }

  /** Returns the refusal with one more sentence, and the fix for what the sentence names: without what belongs to another fix. */
  explained(sentence: string, fix: string): CheckpointRefused {
    const evidence = listResources(this.resources)
    return new CheckpointRefused(`${this.message} ${sentence}`, { fix, evidence, cause: this })
  }
}

const CLOSE_IT =
  'Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, or use the CRaC support of the ' +
  'framework, which does that.'
const REFUSED = /An exception during a checkpoint operation|CheckpointException/
// The package differs between generations: jdk.crac.impl, jdk.internal.crac.mirror.impl, ...
const SUPPRESSED = /^\s*Suppressed: ([\w.$]+)(?:: (.*))?$/
const CREATED = /^\s*Caused by: \S+: This file descriptor was created by (.*) at epoch:\d+ here$/
const FRAME = /^\s*at (?:[\w.]+\/)?([\w.$<>]+\(.*\))$/
const JDK_FRAME = /^(?:java|javax|jdk|sun|com\.sun)\./
/** Most resources that a message lists, or has rules for. */
export const MOST_LISTED = 20
const MOST_FRAMES = 4
/** Frames of libraries such as Netty may be above those of the client that uses them. */
const LONGEST_STACK = 60

/** Returns the failure in the output of jcmd; undefined if the JVM did not refuse. jcmd exits with 0 in both cases. */
export function checkpointRefusal(output: string): Failure | undefined {
  if (!REFUSED.test(output)) return undefined
  const causes = parseCauses(output)
  const open = openResources(causes)
  const known = whatIsOpen(causes, output)
  if (open.length > 0) {
    const isNamed = known?.signature?.weight === 'specific'
    const id = known?.signature ? ` (${known.signature.id})` : ''
    const what = `The JVM refused the checkpoint: ${summarise(open)}${isNamed ? `. ${known.cause}` : `${id}.`}`
    const details = { fix: isNamed ? known.fix : CLOSE_IT, evidence: listResources(open) }
    return new OpenResources(open, what, { ...details, signature: known?.signature }, isNamed)
  }
  if (/C\/R is not configured/.test(output)) {
    return new Failure('internal', 'The JVM was started without a folder for the checkpoint.', {
      fix: 'Please open an issue with the log of this step.',
      evidence: output.trim()
    })
  }
  const first = causes[0]
  return new CheckpointRefused(
    `A beforeCheckpoint hook of the application failed${first ? `: ${simpleName(first.type)}: ${first.text}` : ''}.`,
    {
      fix: known?.signature?.weight === 'cause' ? known.fix : 'Fix the hook in the stack trace below.',
      evidence: output.trim().split('\n').slice(0, 40).join('\n')
    }
  )
}

/** Lists the resources, one per line; below each the code that opened it, if known. */
export function listResources(resources: readonly OpenResource[]): string {
  const lines = resources
    .slice(0, MOST_LISTED)
    .flatMap(({ kind, description, openedBy }) => [
      `${kind}: ${description}`,
      ...(openedBy
        ? [`  opened by thread ${openedBy.thread}`, ...openedBy.frames.map((frame) => `    at ${frame}`)]
        : [])
    ])
  const more = resources.length - MOST_LISTED
  return [...lines, ...(more > 0 ? [`... and ${more} more`] : [])].join('\n')
}

interface Cause {
  type: string
  text: string
  openedBy: OpenResource['openedBy']
  /** All frames of the code that opened it, those of libraries too. */
  stack: string[]
}

function parseCauses(output: string): Cause[] {
  const causes: Cause[] = []
  for (const line of output.split('\n')) {
    const last = causes.at(-1)
    const suppressed = SUPPRESSED.exec(line)
    const created = CREATED.exec(line)
    if (suppressed)
      causes.push({ type: suppressed[1] ?? '', text: suppressed[2] ?? '', openedBy: undefined, stack: [] })
    else if (created && last) last.openedBy = { thread: created[1] ?? '', frames: [] }
    else if (last?.openedBy) {
      const frame = FRAME.exec(line)?.[1]
      if (frame !== undefined && last.stack.length < LONGEST_STACK) last.stack.push(frame)
      addFrame(last.openedBy.frames, frame)
    }
  }
  return causes
}

// The frames of the JDK on top only show how it was opened. The first other frames show where.
function addFrame(frames: string[], frame: string | undefined): void {
  if (frame === undefined || frames.length === MOST_FRAMES || JDK_FRAME.test(frame)) return
  frames.push(frame)
}

function openResources(causes: readonly Cause[]): OpenResource[] {
  const open = causes
    .filter(({ type, text }) => !isBusySelector(type) && !isOfSelector(text))
    .flatMap(openResource)
  const named = new Set(open.map(({ description }) => description))
  // Newer JDKs also list the channels of a selector on their own, with the code that opened them.
  const channels = causes
    .filter(({ type }) => isBusySelector(type))
    .flatMap(({ text, openedBy }) => channelsIn(text).map((channel) => socket(channel, openedBy)))
  return [...channels.filter(({ description }) => !named.has(description)), ...open]
}

function isBusySelector(type: string): boolean {
  return /(?:BusySelector|IllegalSelector)Exception$/.test(type)
}

function openResource({ type, text, openedBy }: Cause): OpenResource[] {
  const match = /CheckpointOpen(Socket|File|Resource)Exception$/.exec(type)
  if (!match) return []
  if (match[1] === 'Socket') return [socket(text, openedBy)]
  const kind = match[1] === 'File' ? 'file' : 'other'
  return [{ kind, description: text, listens: false, ports: NO_PORTS, openedBy }]
}

function socket(description: string, openedBy: Cause['openedBy']): OpenResource {
  const [listens, ports] = [isListening(description), portsIn(description)]
  return { kind: 'socket', description, listens, ports, openedBy }
}

function summarise(open: readonly OpenResource[]): string {
  const words: Record<ResourceKind, string> = {
    socket: 'an open socket',
    file: 'an open file',
    other: 'an open resource'
  }
  const [first] = open
  if (!first) return ''
  const rest = open.length > 1 ? ` (and ${open.length - 1} more, listed below)` : ''
  return `${words[first.kind]}, ${first.description}${rest}`
}

function simpleName(type: string): string {
  return type.split('.').at(-1) ?? type
}
