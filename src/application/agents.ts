import { type OpenResource, type OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { Failure } from '../lib/errors.js'

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

interface Kind extends Pick<Agent, 'name' | 'fix'> {
  /** Matches the option; `port` is a named group. */
  pattern: RegExp
  /** Port without one in the option. */
  port?: number
  listens?: true
  code?: RegExp
}

const NORMAL_START =
  'To use it, start the image normally: `CRAC_RESTORE=false` and the option in JAVA_OPTS (docs/agents.md).'
const LEAVE_OUT = (source: string): string =>
  `Leave the agent out of the application that is checkpointed, as it does not close its connections before a checkpoint (${source}; docs/agents.md).`

/** https://docs.oracle.com/en/java/javase/25/docs/specs/man/java.html, and the documentation of the agents. */
const KINDS: readonly Kind[] = [
  {
    name: 'the debugger of the JVM',
    listens: true,
    pattern: /^-(?:agentlib:jdwp|Xrunjdwp)\b(?:.*[=,]address=(?:[^,]*:)?(?<port>\d+))?/,
    fix: `Remove the option of the debugger for the checkpoint, or use a JDK from 2025 on, which closes its port itself (JDK-8347062). ${NORMAL_START}`
  },
  {
    name: 'JMX',
    listens: true,
    pattern: /^-Dcom\.sun\.management\.jmxremote(?:\.port=(?<port>\d+)|\.rmi\.port=(?<rmi>\d+)|$)/,
    fix: 'Remove the options of JMX for the checkpoint, because nothing closes its port. In a restored container, `jcmd PID ManagementAgent.start jmxremote.port=PORT` opens it (docs/agents.md).'
  },
  {
    name: 'the Java agent of Datadog',
    pattern: /^-javaagent:[^=]*dd-java-agent[^/=]*\.jar/,
    port: 8126,
    code: /^dd-|\bdatadog\.|\bddtrot\./,
    fix: LEAVE_OUT('DataDog/dd-trace-java#5935')
  },
  {
    name: 'the Java agent of OpenTelemetry',
    pattern: /^-javaagent:[^=]*opentelemetry-javaagent[^/=]*\.jar/,
    port: 4318,
    code: /\bio\.opentelemetry\./,
    fix: LEAVE_OUT('open-telemetry/opentelemetry-java-instrumentation#10363')
  },
  {
    name: 'the Java agent of New Relic',
    pattern: /^-javaagent:[^=]*newrelic[^/=]*\.jar/,
    code: /\bcom\.newrelic\./i,
    fix: 'Use version 8.20.0 or newer of the agent, and a JDK from March 2025 on (JDK-8349365): together they support checkpoints (docs/agents.md).'
  },
  {
    name: 'the Java agent of Elastic APM',
    pattern: /^-javaagent:[^=]*elastic-apm-agent[^/=]*\.jar/,
    port: 8200,
    code: /\bco\.elastic\.apm\.|^elastic-apm-/,
    fix: LEAVE_OUT('elastic/apm-agent-java#2982')
  },
  {
    name: 'the Java agent of Pyroscope',
    pattern: /^-javaagent:[^=]*pyroscope[^/=]*\.jar/,
    port: 4040,
    code: /\bio\.pyroscope\./,
    fix: LEAVE_OUT('grafana/pyroscope-java#141')
  },
  {
    name: 'the Java agent of Prometheus (JMX exporter)',
    pattern: /^-javaagent:[^=]*jmx_prometheus_javaagent[^/=]*\.jar=(?:[^:=]*:)?(?<port>\d+):/,
    listens: true,
    code: /\bio\.prometheus\./,
    fix: LEAVE_OUT('nor its HTTP server')
  },
  {
    name: 'a Java agent',
    pattern: /^-javaagent:/,
    fix: 'Leave the agent out of the application that is checkpointed, unless it closes its files and connections before a checkpoint (docs/agents.md).'
  },
  {
    name: 'a native agent',
    pattern: /^-agent(?:path|lib):/,
    fix: 'Leave the agent out of the application that is checkpointed: the snapshot cannot have its files and connections (docs/agents.md).'
  }
]

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
  const { name, option, port, listens } = agent
  const owner = listens
    ? `${name.replace(/^./, (first) => first.toUpperCase())} listens on port ${port}, because an option of the JVM says so (${option}).`
    : `${refused.resources.length > 1 ? 'At least one of them' : 'It'} belongs to ${nameOf(agent)}.`
  return refused.explained(owner, agent.fix)
}

function belongsTo({ port, listens, code }: Agent, resource: OpenResource): boolean {
  const { ports, openedBy } = resource
  if (port !== undefined && resource.listens === listens && (listens ? ports.local : ports.remote) === port)
    return true
  const lines = openedBy === undefined ? [] : [openedBy.thread, ...openedBy.frames]
  return code !== undefined && lines.some((line) => code.test(line))
}

function nameOf({ name, option, port }: Agent): string {
  return `${name} (${option}${port === undefined ? '' : `, port ${port}`})`
}
