import { describe, expect, test } from '@jest/globals'
import { Libraries } from '../../src/application/libraries.js'
import { explainSecondServer, type ServerFacts } from '../../src/application/second-server.js'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'

function refusal(text: string, frame?: string): OpenResources {
  const code =
    frame === undefined
      ? ''
      : `\tCaused by: java.lang.Exception: This file descriptor was created by main at epoch:1 here\n\t\tat java.base/sun.nio.ch.Net.socket(Net.java:1)\n\t\tat ${frame}(X.java:1)\n`
  const failure = checkpointRefusal(
    `An exception during a checkpoint operation:\n\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: ${text}\n${code}`
  )
  if (!(failure instanceof OpenResources)) throw new Error('no refusal')
  return failure
}

const listening = (port: number): string => `tcp6 localAddr :: localPort ${port} remoteAddr :: remotePort 0`
const facts = (given: Partial<ServerFacts> = {}): ServerFacts => ({
  port: 8080,
  management: undefined,
  libraries: undefined,
  ...given
})

describe('a second server that still listens', () => {
  test.each([
    ['management.server.port', 'MANAGEMENT_SERVER_PORT'],
    ['quarkus.management.port', '`quarkus.management.enabled=false`'],
    ['endpoints.all.port', 'Remove `endpoints.all.port`']
  ])('on the port of %s is the management server, with the setting that turns it off', (setting, fix) => {
    const failure = explainSecondServer(
      refusal(listening(8081)),
      facts({ management: { port: 8081, setting } })
    )
    expect(failure?.message).toContain('The management server of the framework listens on port 8081')
    expect(failure?.fix).toContain(fix)
  })

  test.each<[string, string | undefined, string[], string]>([
    [listening(9090), undefined, ['grpc-netty-shaded-1.70.0.jar'], 'A server of gRPC listens on port 9090'],
    [listening(7000), 'io.grpc.netty.NettyServer.start', [], 'A server of gRPC listens on port 7000'],
    [
      'Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=9400]',
      'io.prometheus.client.exporter.HTTPServer.<init>',
      [],
      'an exporter of Prometheus listens on port 9400'
    ],
    [
      listening(7000),
      undefined,
      ['rsocket-transport-netty-1.1.5.jar'],
      'A server of RSocket listens on port 7000'
    ],
    [
      listening(35729),
      'org.springframework.boot.devtools.livereload.LiveReloadServer.start',
      [],
      'The LiveReload server of the developer tools of Spring Boot listens on port 35729'
    ],
    [
      listening(61616),
      'org.apache.activemq.transport.tcp.TcpTransportServer.bind',
      [],
      'An embedded message broker (ActiveMQ) listens on port 61616'
    ],
    [
      'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8082]',
      'org.h2.server.web.WebServer.start',
      [],
      'A server of the database H2 listens on port 8082'
    ]
  ])('%s, opened by %p', (text, frame, jars, message) => {
    const failure = explainSecondServer(refusal(text, frame), facts({ libraries: new Libraries(jars, []) }))
    expect(failure?.message).toContain(message)
    expect(failure?.message).toContain('The JVM refused the checkpoint')
  })

  test.each([
    [
      listening(7000),
      undefined,
      'A server listens on port 7000, which is not that of the application (8080).'
    ],
    [
      listening(9090),
      'com.acme.Metrics.serve',
      'A server, opened by com.acme.Metrics.serve(X.java:1), listens on port 9090, which'
    ],
    [
      'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:5000]',
      'spark.embeddedserver.jetty.EmbeddedJettyServer.ignite',
      'A server, opened by spark.embeddedserver'
    ]
  ])('%s, which is not known, is named by the code that opened it, if any: %p', (text, frame, message) => {
    const failure = explainSecondServer(refusal(text, frame), facts())
    expect(failure?.message).toContain(message)
    expect(failure?.fix).toMatch(/^Turn it off by a setting of its own, or stop it in beforeCheckpoint/)
  })

  test('of a library that is named already keeps its own fix', () => {
    const open = refusal(listening(20880), 'org.apache.dubbo.remoting.transport.netty4.NettyServer.doOpen')
    expect(open.fix).toContain('DubboBootstrap')
    expect(explainSecondServer(open, facts())).toBeUndefined()
  })

  test('that is the application itself, or a connection, is not named', () => {
    expect(explainSecondServer(refusal(listening(8080)), facts())).toBeUndefined()
    const both = refusal(
      `${listening(8080)}\n\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: ${listening(7000)}`
    )
    expect(explainSecondServer(both, facts())).toBeUndefined()
    const client = 'Socket[addr=a/10.0.0.2,port=443,localport=9090]'
    expect(explainSecondServer(refusal(client, 'io.grpc.X.y'), facts())).toBeUndefined()
  })
})
