import { type OpenResource, type OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { Failure } from '../lib/errors.js'
import { KINDS } from './agent-kinds.js'

/** An agent of the JVM, a debugger, or a server of the JVM itself, as options start it. */
export interface Agent {
  /** What it is, as a sentence names it. */
  name: string
  /** The option without its values, which may be secret. */
  option: string
  /** Port of its server, or of the server that it sends to. */
  port: number | undefined
  /** Whether the JVM listens on the port, and does not only connect to it. */
  listens: boolean
  /** Matches threads and frames of its code. */
  code: RegExp | undefined
  /** What its user can do. */
  fix: string
}

/** Returns the agents, debuggers and servers that the options, and those in the values of variables, start. */
export function agentsIn(options: readonly string[], variables: readonly string[]): Agent[] {
  const inVariables = variables.flatMap((value) => value.split(/\s+/))
  const found = [...options, ...inVariables].flatMap((option) => agentOf(option) ?? [])
  const names = new Map<string, Agent>()
  // JMX has an option for each of its settings.
  for (const agent of found) {
    const key = `${agent.name} ${agent.port ?? ''}`
    if (!names.has(key)) names.set(key, agent)
  }
  return [...names.values()]
}

function agentOf(text: string): Agent | undefined {
  // Quotation marks of a variable.
  const option = text.replaceAll(/["']/g, '')
  for (const { name, pattern, port, listens = false, code, fix } of KINDS) {
    const match = pattern.exec(option)
    if (match === null) continue
    const given = match.groups?.['port'] ?? match.groups?.['rmi']
    return {
      name,
      option: /^-(?:javaagent|agentpath|agentlib):[^=]*|^-D?[\w.]+/.exec(option)?.[0] ?? '',
      port: given === undefined ? port : Number(given),
      listens,
      code,
      fix
    }
  }
  return undefined
}

/** Returns the sentences for the log of a run in which an agent starts with the application. */
export function warningsOf(agents: readonly Agent[]): string[] {
  return agents.map(
    (agent) => `The options of the JVM start ${nameOf(agent)}. It can prevent the checkpoint. ${agent.fix}`
  )
}

/** Adds an agent to a refusal if an open resource is its own; returns any other refusal unchanged. */
export function explainAgents(refused: OpenResources, agents: readonly Agent[]): Failure {
  const agent = agents.find((one) => refused.resources.some((resource) => belongsTo(one, resource)))
  if (agent === undefined) return refused
  const { name, option, port } = agent
  const owner =
    agent.listens && refused.resources.some((resource) => isPortOf(agent, resource))
      ? `${name.replace(/^./, (first) => first.toUpperCase())} listens on port ${port}, because an option of the JVM starts it (${option}).`
      : `${refused.resources.length > 1 ? 'At least one of them' : 'It'} belongs to ${nameOf(agent)}.`
  return refused.explained(owner, agent.fix)
}

function belongsTo(agent: Agent, resource: OpenResource): boolean {
  const { openedBy } = resource
  const lines = openedBy === undefined ? [] : [openedBy.thread, ...openedBy.frames]
  return isPortOf(agent, resource) || lines.some((line) => agent.code?.test(line))
}

/** Returns whether a socket is on the port of the server of an agent, or is connected to the port of its collector. */
function isPortOf({ port, listens }: Agent, resource: OpenResource): boolean {
  const { local, remote } = resource.ports
  return port !== undefined && resource.listens === listens && (listens ? local : remote) === port
}

function nameOf({ name, option, port }: Agent): string {
  return `${name} (${option}${port === undefined ? '' : `, port ${port}`})`
}
