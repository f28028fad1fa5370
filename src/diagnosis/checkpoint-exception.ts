import { Failure } from '../errors.js'

/** Kinds of resources that a CRaC JVM refuses to take into a snapshot. */
export type ResourceKind = 'socket' | 'file' | 'other'

export interface OpenResource {
  kind: ResourceKind
  /** The JVM's own words: an address, a path. */
  description: string
}

const REFUSED = /An exception during a checkpoint operation|CheckpointException/
// The package differs between generations: jdk.crac.impl, jdk.internal.crac.mirror.impl, ...
const SUPPRESSED = /^\s*Suppressed: ([\w.$]+)(?:: (.*))?$/gm
const MOST_LISTED = 20

/** The failure in jcmd's output; undefined when the JVM did not refuse. Its exit code is 0 either way. */
export function checkpointRefusal(output: string): Failure | undefined {
  if (!REFUSED.test(output)) return undefined
  const causes = [...output.matchAll(SUPPRESSED)].map(([, type = '', text = '']) => ({ type, text }))
  const open = causes.flatMap(openResource)
  const evidence = causes
    .slice(0, MOST_LISTED)
    .map(({ type, text }) => `${simpleName(type)}: ${text}`)
    .join('\n')

  if (open.length > 0) {
    return new Failure('application', `The JVM refused the checkpoint: ${summarise(open)}.`, {
      cure:
        'Close it in beforeCheckpoint of an org.crac.Resource and open it again in afterRestore, ' +
        "or use the framework's own CRaC support, which does that.",
      evidence
    })
  }
  if (/C\/R is not configured/.test(output)) {
    return new Failure('internal', 'The JVM was not started for a checkpoint.', {
      cure: 'Please open an issue with the log of this step.',
      evidence: output.trim()
    })
  }
  const first = causes[0]
  return new Failure(
    'application',
    `A beforeCheckpoint hook of the application failed${first ? `: ${simpleName(first.type)}: ${first.text}` : ''}.`,
    {
      cure: 'Mend the hook that the stack trace below names.',
      evidence: output.trim().split('\n').slice(0, 40).join('\n')
    }
  )
}

function openResource({ type, text }: { type: string; text: string }): OpenResource[] {
  const match = /CheckpointOpen(Socket|File|Resource)Exception$/.exec(type)
  if (!match) return []
  const kind = match[1] === 'Socket' ? 'socket' : match[1] === 'File' ? 'file' : 'other'
  return [{ kind, description: text }]
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
