import { Failure, type FailureDetails } from '../lib/errors.js'
import { diagnose } from './diagnose.js'

/** Kinds of resources that a CRaC JVM refuses to take into a snapshot. */
export type ResourceKind = 'socket' | 'file' | 'other'

export interface OpenResource {
  kind: ResourceKind
  /** The JVM's own words: an address, a path. */
  description: string
  /** A server's: nobody is at its other end. */
  listens: boolean
  /** Thread and frames of the code that opened it; where the JVM was told to note them. */
  openedBy: { thread: string; frames: string[] } | undefined
}

/** The JVM refused the checkpoint because of what the application has open. */
export class OpenResources extends Failure {
  constructor(
    readonly resources: readonly OpenResource[],
    what: string,
    details: FailureDetails
  ) {
    super('application', what, details)
  }
}

const REFUSED = /An exception during a checkpoint operation|CheckpointException/
// The package differs between generations: jdk.crac.impl, jdk.internal.crac.mirror.impl, ...
const SUPPRESSED = /^\s*Suppressed: ([\w.$]+)(?:: (.*))?$/
const CREATED = /^\s*Caused by: \S+: This file descriptor was created by (.*) at epoch:\d+ here$/
const FRAME = /^\s*at (?:[\w.]+\/)?([\w.$<>]+\(.*\))$/
const JDK_FRAME = /^(?:java|javax|jdk|sun|com\.sun)\./
const LISTENS = /remotePort 0$|ServerSocket(?:ChannelImpl)?\[/
const MOST_LISTED = 20
const MOST_FRAMES = 4

/** The failure in jcmd's output; undefined when the JVM did not refuse. Its exit code is 0 either way. */
export function checkpointRefusal(output: string): Failure | undefined {
  if (!REFUSED.test(output)) return undefined
  const causes = parseCauses(output)
  const open = causes.flatMap(openResource)
  const known = diagnose('dump', { app: output })
  if (open.length > 0) {
    const id = known?.signature ? ` (${known.signature.id})` : ''
    return new OpenResources(open, `The JVM refused the checkpoint: ${summarise(open)}${id}.`, {
      fix:
        known?.signature?.weight === 'specific'
          ? known.fix
          : 'Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, ' +
            "or use the framework's own CRaC support, which does that.",
      evidence: listResources(open),
      signature: known?.signature
    })
  }
  if (/C\/R is not configured/.test(output)) {
    return new Failure('internal', 'The JVM was not started for a checkpoint.', {
      fix: 'Please open an issue with the log of this step.',
      evidence: output.trim()
    })
  }
  const first = causes[0]
  return new Failure(
    'application',
    `A beforeCheckpoint hook of the application failed${first ? `: ${simpleName(first.type)}: ${first.text}` : ''}.`,
    {
      fix:
        known?.signature?.weight === 'cause' ? known.fix : 'Mend the hook that the stack trace below names.',
      evidence: output.trim().split('\n').slice(0, 40).join('\n')
    }
  )
}

/** One line a resource; below it the code that opened it, where that is known. */
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

/** A file for -Djdk.crac.resource-policies that names what is open; what to do about a socket only its user knows. */
export function suggestPolicies(resources: readonly OpenResource[]): string {
  const rules = resources.slice(0, MOST_LISTED).map(({ kind, description }) => {
    const path = /(\/\S.*?)(?: \([\w ]+\))?$/.exec(description)?.[1]
    if (kind === 'file') return [`type: file`, `path: ${path ?? description}`, 'action: reopen']
    if (kind === 'socket') {
      const port = /(?:localPort |localport=|local=\S*:)(\d+)/.exec(description)?.[1]
      return [
        '# The application has to notice that it was closed, and to open it again.',
        'type: socket'
      ].concat(port === undefined ? [] : [`localPort: ${port}`], 'action: close')
    }
    return [`# ${description}`, 'type: filedescriptor', 'action: ignore']
  })
  return `${rules.map((rule) => rule.join('\n')).join('\n---\n')}\n`
}

interface Cause {
  type: string
  text: string
  openedBy: OpenResource['openedBy']
}

function parseCauses(output: string): Cause[] {
  const causes: Cause[] = []
  for (const line of output.split('\n')) {
    const last = causes.at(-1)
    const suppressed = SUPPRESSED.exec(line)
    const created = CREATED.exec(line)
    if (suppressed) causes.push({ type: suppressed[1] ?? '', text: suppressed[2] ?? '', openedBy: undefined })
    else if (created && last) last.openedBy = { thread: created[1] ?? '', frames: [] }
    else if (last?.openedBy) addFrame(last.openedBy.frames, FRAME.exec(line)?.[1])
  }
  return causes
}

// The JDK's own frames on top say how it was opened, which the description says too: the first others say where.
function addFrame(frames: string[], frame: string | undefined): void {
  if (frame === undefined || frames.length === MOST_FRAMES || JDK_FRAME.test(frame)) return
  frames.push(frame)
}

function openResource({ type, text, openedBy }: Cause): OpenResource[] {
  const match = /CheckpointOpen(Socket|File|Resource)Exception$/.exec(type)
  if (!match) return []
  const kind = match[1] === 'Socket' ? 'socket' : match[1] === 'File' ? 'file' : 'other'
  return [{ kind, description: text, listens: LISTENS.test(text), openedBy }]
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
