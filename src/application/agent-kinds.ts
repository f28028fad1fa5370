import { DOCS } from '../lib/errors.js'

/** A kind of agents, debuggers or servers. */
export interface Kind {
  /** What it is, as a sentence names it. */
  name: string
  /** What its user can do. */
  fix: string
  /** Matches the option; `port` is a named group. */
  pattern: RegExp
  /** Port without one in the option. */
  port?: number
  /** Whether the JVM listens on the port, and does not only connect to it. */
  listens?: true
  /** Matches threads and frames of its code. */
  code?: RegExp
}

const NORMAL_START = `To use it, start the image normally: \`CRAC_RESTORE=false\` and the option in JAVA_OPTS (${DOCS}/agents.md).`
const LEAVE_OUT = (source: string): string =>
  `Leave the agent out of the application that is checkpointed, as it does not close its connections before a checkpoint (${source}; ${DOCS}/agents.md).`

/** What to do about an agent whose project does not say that it supports checkpoints. */
const LEAVE_OUT_OTHER = `Leave the agent out of the application that is checkpointed: it is not known to support checkpoints (${DOCS}/agents.md).`
const PROFILER = `Remove the option of the profiler for the checkpoint. ${NORMAL_START}`

/** https://docs.oracle.com/en/java/javase/25/docs/specs/man/java.html, and the documentation of the agents. */
export const KINDS: readonly Kind[] = [
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
    fix: `Remove the options of JMX for the checkpoint, because nothing closes its port. In a restored container, \`jcmd PID ManagementAgent.start jmxremote.port=PORT\` opens it (${DOCS}/agents.md).`
  },
  {
    name: 'the Java agent of Datadog',
    pattern: /^-javaagent:[^=]*dd-java-agent[^/=]*\.jar/,
    port: 8126,
    code: /^dd-|\bdatadog\.|\bddtrot\./,
    fix: LEAVE_OUT('DataDog/dd-trace-java#5935')
  },
  {
    // Also in the distributions of AWS, Elastic, Grafana, Sentry and Splunk.
    name: 'the Java agent of OpenTelemetry',
    pattern: /^-javaagent:[^=]*(?:opentelemetry|\botel)-[^/=]*\.jar/,
    port: 4318,
    code: /\bio\.(?:opentelemetry|sentry)\./,
    fix: LEAVE_OUT('open-telemetry/opentelemetry-java-instrumentation#10363')
  },
  {
    name: 'the Java agent of New Relic',
    pattern: /^-javaagent:[^=]*newrelic[^/=]*\.jar/,
    code: /\bcom\.newrelic\./i,
    fix: `Use version 8.20.0 or newer of the agent, and a JDK from March 2025 on (JDK-8349365): together they support checkpoints (${DOCS}/agents.md).`
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
    name: 'the Java agent of SkyWalking',
    pattern: /^-javaagent:[^=]*skywalking-agent[^/=]*\.jar/,
    port: 11800,
    code: /\borg\.apache\.skywalking\.|^SkywalkingAgent-/,
    fix: LEAVE_OUT_OTHER
  },
  {
    name: 'the Java agent of Application Insights',
    pattern: /^-javaagent:[^=]*applicationinsights-agent[^/=]*\.jar/,
    code: /\bcom\.(?:microsoft\.applicationinsights|azure\.monitor)\./,
    fix: LEAVE_OUT_OTHER
  },
  {
    name: 'the Java agent of AppDynamics',
    pattern: /^-javaagent:[^=]*(?:appdynamics|appagent)[^=]*\/javaagent\.jar/i,
    code: /\bcom\.(?:appdynamics|singularity)\.|^AD Thread/,
    fix: LEAVE_OUT_OTHER
  },
  { name: 'the agent of Dynatrace', pattern: /^-agentpath:[^=]*liboneagent\w*\.so/, fix: LEAVE_OUT_OTHER },
  {
    name: 'the Java agent of Glowroot',
    listens: true,
    pattern: /^-javaagent:[^=]*glowroot[^/=]*\.jar/,
    port: 4000,
    code: /\borg\.glowroot\./,
    fix: LEAVE_OUT_OTHER
  },
  {
    name: 'the Java agent of Jolokia',
    listens: true,
    pattern: /^-javaagent:[^=]*jolokia[^/=]*\.jar(?:=(?:.*,)?port=(?<port>\d+))?/,
    port: 8778,
    code: /\borg\.jolokia\./,
    fix: LEAVE_OUT_OTHER
  },
  {
    name: 'the Java agent of JaCoCo',
    listens: true,
    pattern: /^-javaagent:[^=]*jacoco[^/=]*\.jar(?:=(?:.*,)?port=(?<port>\d+))?/,
    code: /\borg\.jacoco\./,
    fix: `Measure the coverage in the tests of the build, and leave the agent out of the application that is checkpointed (${DOCS}/agents.md).`
  },
  {
    name: 'the profiler YourKit',
    listens: true,
    pattern: /^-agentpath:[^=]*yjpagent[^/=]*(?:=(?:.*,)?port=(?<port>\d+))?/,
    port: 10001,
    fix: PROFILER
  },
  {
    name: 'the profiler JProfiler',
    listens: true,
    pattern: /^-agentpath:[^=]*jprofilerti[^/=]*(?:=(?:.*,)?port=(?<port>\d+))?/,
    port: 8849,
    fix: PROFILER
  },
  {
    name: 'a Java agent',
    pattern: /^-javaagent:/,
    fix: `Leave the agent out of the application that is checkpointed, unless it closes its files and connections before a checkpoint (${DOCS}/agents.md).`
  },
  {
    name: 'a native agent',
    pattern: /^-agent(?:path|lib):/,
    fix: `Leave the agent out of the application that is checkpointed: the snapshot cannot have its files and connections (${DOCS}/agents.md).`
  }
]
