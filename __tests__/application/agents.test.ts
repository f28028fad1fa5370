import { describe, expect, test } from '@jest/globals'
import { agentsIn, explainAgents, warningsOf } from '../../src/application/agents.js'
import { OpenResources, type OpenResource } from '../../src/diagnosis/checkpoint-exception.js'
import { isListening, portsIn } from '../../src/diagnosis/open-socket.js'

describe('agents, debuggers and JMX', () => {
  test.each<[string, string, number | undefined]>([
    ['-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005', 'the debugger of the JVM', 5005],
    ['-agentlib:jdwp=transport=dt_socket,address=0.0.0.0:5006,server=y', 'the debugger of the JVM', 5006],
    ['-Xrunjdwp:transport=dt_socket,address=8000,server=y', 'the debugger of the JVM', 8000],
    ['-Dcom.sun.management.jmxremote.port=9010', 'JMX', 9010],
    ['-Dcom.sun.management.jmxremote.rmi.port=9011', 'JMX', 9011],
    ['-Dcom.sun.management.jmxremote', 'JMX', undefined],
    ['-javaagent:/opt/dd-java-agent.jar', 'the Java agent of Datadog', 8126],
    ['-javaagent:lib/dd-java-agent-1.40.0.jar=x=y', 'the Java agent of Datadog', 8126],
    ['-javaagent:opentelemetry-javaagent.jar', 'the Java agent of OpenTelemetry', 4318],
    ['-javaagent:/newrelic/newrelic.jar', 'the Java agent of New Relic', undefined],
    ['-javaagent:elastic-apm-agent-1.52.0.jar', 'the Java agent of Elastic APM', 8200],
    ['-javaagent:pyroscope.jar', 'the Java agent of Pyroscope', 4040],
    [
      '-javaagent:/x/jmx_prometheus_javaagent-1.0.1.jar=0.0.0.0:9404:c.yml',
      'the Java agent of Prometheus (JMX exporter)',
      9404
    ],
    ['-javaagent:/opt/aws-opentelemetry-agent.jar', 'the Java agent of OpenTelemetry', 4318],
    ['-javaagent:splunk-otel-javaagent-2.9.0.jar', 'the Java agent of OpenTelemetry', 4318],
    ['-javaagent:grafana-opentelemetry-java.jar', 'the Java agent of OpenTelemetry', 4318],
    ['-javaagent:sentry-opentelemetry-agent-8.2.0.jar', 'the Java agent of OpenTelemetry', 4318],
    ['-javaagent:/skywalking/agent/skywalking-agent.jar=x=y', 'the Java agent of SkyWalking', 11800],
    [
      '-javaagent:/app/applicationinsights-agent-3.7.3.jar',
      'the Java agent of Application Insights',
      undefined
    ],
    ['-javaagent:/opt/appdynamics/javaagent.jar', 'the Java agent of AppDynamics', undefined],
    ['-javaagent:/opt/AppAgent/ver25.1/javaagent.jar', 'the Java agent of AppDynamics', undefined],
    ['-javaagent:glowroot/glowroot.jar', 'the Java agent of Glowroot', 4000],
    ['-javaagent:jolokia-agent-jvm-2.1.0-javaagent.jar', 'the Java agent of Jolokia', 8778],
    ['-javaagent:jolokia-jvm.jar=host=0.0.0.0,port=7777', 'the Java agent of Jolokia', 7777],
    ['-javaagent:jacocoagent.jar=output=tcpserver,address=*,port=36320', 'the Java agent of JaCoCo', 36320],
    ['-agentpath:/yjp/bin/linux-x86-64/libyjpagent.so=port=10002,listen=all', 'the profiler YourKit', 10002],
    ['-agentpath:/jprofiler/bin/linux-x64/libjprofilerti.so=port=8849', 'the profiler JProfiler', 8849],
    ['-agentpath:/opt/dynatrace/agent/lib64/liboneagentproc.so', 'the agent of Dynatrace', undefined],
    ['-javaagent:byte-buddy.jar', 'a Java agent', undefined],
    ['-javaagent:/otel/agent.jar', 'a Java agent', undefined],
    ['-agentpath:/opt/libasyncProfiler.so=start', 'a native agent', undefined]
  ])('%s is %s', (option, name, port) => {
    expect(agentsIn([option], [])).toEqual([expect.objectContaining({ name, port })])
    expect(agentsIn([], [`-Xmx1g "${option}"`])).toMatchObject([{ name, port }])
  })

  test('other options start none; the settings of JMX count once; values of options are not shown', () => {
    expect(
      agentsIn(['-Xmx1g', '-Dagent=-javaagent:x', '-Dcom.sun.management.jmxremote.ssl=false'], [])
    ).toEqual([])
    const port = '-Dcom.sun.management.jmxremote.port=9010'
    const agents = agentsIn([port, port, '-javaagent:x.jar=token=hunter22'], [])
    expect(agents).toHaveLength(2)
    expect(warningsOf(agents)).toEqual([
      expect.stringContaining('start JMX (-Dcom.sun.management.jmxremote.port, port 9010)'),
      expect.stringContaining('start a Java agent (-javaagent:x.jar)')
    ])
  })

  const refused = (...resources: Partial<OpenResource>[]): OpenResources =>
    new OpenResources(
      resources.map((resource) => ({
        kind: 'socket',
        description: '',
        listens: isListening(resource.description ?? ''),
        ports: portsIn(resource.description ?? ''),
        openedBy: undefined,
        ...resource
      })),
      'The JVM refused the checkpoint.',
      { fix: 'Close it.' }
    )

  const listener = (port: number): Partial<OpenResource> => ({
    description: `tcp6 localAddr :: localPort ${port} remoteAddr :: remotePort 0`
  })

  test.each<[string, string, Partial<OpenResource>]>([
    [
      '-agentlib:jdwp=address=*:5005',
      'The debugger of the JVM listens on port 5005, because an option of the JVM starts it (-agentlib:jdwp).',
      listener(5005)
    ],
    [
      '-Dcom.sun.management.jmxremote.port=9010',
      'JMX listens on port 9010,',
      { description: 'Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=9010]' }
    ],
    [
      '-Dcom.sun.management.jmxremote.port=9010',
      'JMX listens on port 9010,',
      { description: 'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:9010]' }
    ],
    [
      '-javaagent:dd-java-agent.jar',
      'At least one of them belongs to the Java agent of Datadog (-javaagent:dd-java-agent.jar, port 8126).',
      { description: 'Socket[addr=localhost/127.0.0.1,port=8126,localport=4]' }
    ],
    [
      '-javaagent:opentelemetry-javaagent.jar',
      'belongs to the Java agent of OpenTelemetry',
      {
        description: 'Socket[x]',
        openedBy: { thread: 'main', frames: ['io.opentelemetry.exporter.X.y(X.java:1)'] }
      }
    ],
    [
      '-javaagent:dd-java-agent.jar',
      'belongs to the Java agent of Datadog',
      { openedBy: { thread: 'dd-trace-processor', frames: [] } }
    ],
    [
      '-javaagent:glowroot.jar',
      'belongs to the Java agent of Glowroot (-javaagent:glowroot.jar, port 4000).',
      {
        description: '/opt/glowroot/data/data.h2.db',
        openedBy: { thread: 'main', frames: ['org.glowroot.agent.X.y(X.java:1)'] }
      }
    ]
  ])('a refusal because of %s names its owner and its fix', (option, owner, resource) => {
    const [agent] = agentsIn([option], [])
    const failure = explainAgents(refused({}, resource), agent ? [agent] : [])
    expect(failure.message).toContain(owner)
    expect(failure.fix).toBe(agent?.fix)
  })

  test('a refusal for another reason stays as it is: another port, or a connection from that port', () => {
    const agents = agentsIn(['-agentlib:jdwp=address=*:5005'], [])
    const connections = ['localPort 5005 remotePort 5432', 'Socket[addr=a/10.0.0.2,port=443,localport=5005]']
    for (const description of connections)
      expect(explainAgents(refused({ description }), agents)).toBeInstanceOf(OpenResources)
    for (const other of [refused(listener(8080)), refused(listener(15005))])
      expect(explainAgents(other, agents)).toBe(other)
  })
})
