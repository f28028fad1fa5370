import { describe, expect, test } from '@jest/globals'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'

const HEAD = 'An exception during a checkpoint operation:\n'
const socket = (text: string): string =>
  `\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: ${text}\n`
const createdBy = (...frames: string[]): string =>
  `\tCaused by: java.lang.Exception: This file descriptor was created by main at epoch:1 here\n${frames.map((frame) => `\t\tat ${frame}(X.java:1)\n`).join('')}`
const idOf = (output: string): string | undefined => checkpointRefusal(`${HEAD}${output}`)?.signature?.id

describe('a connection of a client is named', () => {
  const forms = (port: number): string[] => [
    `Socket[addr=server/10.0.0.2,port=${port},localport=40000]`,
    `java.nio.channels.SocketChannel[connected local=/10.0.0.1:40000 remote=server/10.0.0.2:${port}]`,
    `tcp localAddr 10.0.0.1 localPort 40000 remoteAddr 10.0.0.2 remotePort ${port}`
  ]

  test.each([
    [27017, 'fw-mongodb'],
    [9042, 'fw-cassandra'],
    [6379, 'fw-redis'],
    [9092, 'fw-kafka'],
    [5672, 'fw-rabbitmq'],
    [9200, 'fw-elasticsearch'],
    [4317, 'fw-exporter'],
    [9411, 'fw-exporter'],
    [6650, 'fw-messaging'],
    [7687, 'fw-neo4j'],
    [5432, 'fw-jdbc'],
    [8761, 'fw-discovery'],
    [20880, 'fw-dubbo'],
    [5701, 'fw-data-grid'],
    [11211, 'fw-store'],
    [389, 'fw-directory-mail'],
    [1414, 'fw-messaging'],
    [8125, 'fw-exporter'],
    [7233, 'fw-grpc'],
    [12201, 'fw-log-appender'],
    [24224, 'fw-log-appender'],
    [22, 'fw-file-transfer']
  ])('by the port %d of its server, in each form of the JDK: %s', (port, id) => {
    for (const form of forms(port)) expect(idOf(socket(form))).toBe(id)
    const selector = `\tSuppressed: sun.nio.ch.EPollSelectorImpl$BusySelectorException: Selector x has registered keys from channels: [${forms(port)[1]}]\n`
    expect(idOf(selector)).toBe(id)
  })

  test('not by a port of its own', () => {
    expect(idOf(socket('Socket[addr=server/10.0.0.2,port=443,localport=5432]'))).toBe('jvm-open-socket')
    expect(
      idOf(socket('java.nio.channels.SocketChannel[connected local=/10.0.0.1:5432 remote=a/10.0.0.2:443]'))
    ).toBe('jvm-open-socket')
  })

  test.each([
    ['org.redisson.client.RedisClient.connect', 'fw-redisson'],
    ['io.grpc.netty.NettyClientTransport.start', 'fw-grpc'],
    ['com.mongodb.internal.connection.SocketStream.open', 'fw-mongodb'],
    ['org.elasticsearch.client.RestClient.performRequest', 'fw-elasticsearch'],
    ['io.opentelemetry.exporter.sender.okhttp.internal.OkHttpGrpcSender.send', 'fw-exporter'],
    ['org.apache.kafka.common.network.Selector.connect', 'fw-kafka'],
    ['org.apache.dubbo.remoting.transport.netty4.NettyClient.doConnect', 'fw-dubbo'],
    ['io.r2dbc.postgresql.client.ReactorNettyClient.connect', 'fw-r2dbc'],
    ['io.vertx.pgclient.impl.PgConnectionFactory.connect', 'fw-r2dbc'],
    ['org.mariadb.r2dbc.client.SimpleClient.connect', 'fw-r2dbc'],
    ['com.azure.core.amqp.implementation.ReactorConnection.start', 'fw-messaging'],
    ['com.ibm.msg.client.wmq.internal.WMQConnection.connect', 'fw-messaging'],
    ['net.logstash.logback.appender.AbstractLogstashTcpSocketAppender.connect', 'fw-log-appender'],
    ['ch.qos.logback.core.net.DefaultSocketConnector.call', 'fw-log-appender'],
    ['com.jcraft.jsch.Session.connect', 'fw-file-transfer'],
    ['okhttp3.internal.connection.RealConnection.connectSocket', 'fw-http-client'],
    ['jdk.internal.net.http.PlainHttpConnection.connectAsync', 'fw-http-client'],
    ['software.amazon.awssdk.http.apache.ApacheHttpClient.execute', 'fw-http-client'],
    ['reactor.netty.http.client.HttpClientConnect.connect', 'fw-http-client']
  ])('by the code that opened it, whatever its port, below frames of Netty: %s', (frame, id) => {
    const netty = Array.from({ length: 20 }, () => 'io.netty.channel.AbstractChannel.register')
    const stack = createdBy('java.base/sun.nio.ch.Net.socket', ...netty, frame, 'example.Main.main')
    expect(idOf(`${socket('Socket[addr=server/10.0.0.2,port=443,localport=4]')}${stack}`)).toBe(id)
  })
})

test('the code counts before the port: Redisson is named, and not Redis', () => {
  const stack = createdBy('java.base/sun.nio.ch.Net.socket', 'org.redisson.client.RedisClient.connect')
  const failure = checkpointRefusal(
    `${HEAD}${socket('Socket[addr=redis/10.0.0.2,port=6379,localport=4]')}${stack}`
  )
  expect(failure?.message).toContain(
    'an open socket, Socket[addr=redis/10.0.0.2,port=6379,localport=4]. A connection of Redisson to Redis is open (fw-redisson).'
  )
  expect(failure?.fix).toContain('shutdown() of the RedissonClient')
})

test.each([
  [
    'fw-jdbc',
    ['org.postgresql.core.PGStream.createSocket', 'com.rabbitmq.client.impl.ConsumerDispatcher.run']
  ],
  ['fw-jdbc', ['com.zaxxer.hikari.HikariDataSource.getConnection', 'io.grpc.stub.ServerCalls.invoke']],
  [
    'fw-elasticsearch',
    ['org.apache.http.impl.nio.reactor.connect', 'org.elasticsearch.client.RestClient.send']
  ],
  [
    'fw-http-client',
    ['okhttp3.internal.connection.RealConnection.connect', 'io.grpc.stub.ServerCalls.invoke']
  ]
])('of several libraries, the one that opened it is named: %s', (id, frames) => {
  const stack = createdBy('java.base/sun.nio.ch.Net.socket', ...frames)
  expect(idOf(`${socket('Socket[addr=server/10.0.0.2,port=5671,localport=4]')}${stack}`)).toBe(id)
})

// On a thread of its own, a client of HTTP has no frame of the library that uses it.
test.each([
  [4318, 'fw-exporter'],
  [4317, 'fw-exporter'],
  [9200, 'fw-elasticsearch'],
  [8761, 'fw-discovery'],
  [9093, 'fw-http-client'],
  [443, 'fw-http-client']
])(
  'the port %d of a server that is reached by a client of HTTP counts before that client: %s',
  (port, id) => {
    const stack = createdBy(
      'java.base/java.net.Socket.connect',
      'okhttp3.internal.connection.ConnectPlan.connectSocket'
    )
    expect(idOf(`${socket(`Socket[addr=peer/172.21.0.2,port=${port},localport=33622]`)}${stack}`)).toBe(id)
  }
)

// https://github.com/spring-cloud/spring-cloud-stream/issues/3156, https://github.com/apache/dubbo/issues/14447 and others, shortened.
test.each([
  [
    '\tSuppressed: sun.nio.ch.EPollSelectorImpl$BusySelectorException: Selector sun.nio.ch.EPollSelectorImpl@7534785a has registered keys from channels: [java.nio.channels.SocketChannel[connected local=/192.168.5.1:53678 remote=broker.solace.cloud/10.241.78.37:55443]]\n\t\tat java.base/sun.nio.ch.EPollSelectorImpl.beforeCheckpoint(EPollSelectorImpl.java:411)',
    'fw-messaging'
  ],
  [
    '\tSuppressed: java.nio.channels.IllegalSelectorException\n\t\tat java.base/sun.nio.ch.EPollSelectorImpl.beforeCheckpoint(EPollSelectorImpl.java:401)',
    'jvm-busy-selector'
  ],
  [
    '\tSuppressed: jdk.internal.crac.mirror.impl.CheckpointOpenSocketException: Socket[addr=db.eu-west-1.rds.amazonaws.com/10.0.0.9,port=3306,localport=48524]\n\t\tat java.base/jdk.internal.crac.JDKSocketResourceBase.lambda$beforeCheckpoint$0(JDKSocketResourceBase.java:68)',
    'fw-jdbc'
  ]
])('of a public report: %#', (output, id) => {
  expect(idOf(output)).toBe(id)
})

test('a part of an IPv6 address is not the port of a server', () => {
  const channel = (port: number): string =>
    socket(
      `java.nio.channels.SocketChannel[connected local=/[::1]:4 remote=/[2001:db8:0:22:0:0:0:7]:${port}]`
    )
  expect(idOf(channel(8080))).not.toBe('fw-file-transfer')
  expect(idOf(channel(22))).toBe('fw-file-transfer')
})

describe('a busy selector', () => {
  const refusal = (text: string) => checkpointRefusal(`${HEAD}\tSuppressed: ${text}\n`)

  test('has its channels as open resources; a server among them listens', () => {
    const failure = refusal(
      'sun.nio.ch.EPollSelectorImpl$BusySelectorException: Selector sun.nio.ch.EPollSelectorImpl@1 has registered keys from channels: [sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080], java.nio.channels.SocketChannel[connected local=/10.0.0.1:4 remote=a/10.0.0.2:443]]'
    )
    expect(failure).toBeInstanceOf(OpenResources)
    expect((failure as OpenResources).resources).toMatchObject([
      {
        kind: 'socket',
        listens: true,
        description: 'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080]'
      },
      {
        kind: 'socket',
        listens: false,
        description: 'java.nio.channels.SocketChannel[connected local=/10.0.0.1:4 remote=a/10.0.0.2:443]'
      }
    ])
    expect(failure?.signature?.id).toBe('fw-listener')
  })

  test('and a channel that is also listed on its own is one resource, with the code that opened it', () => {
    const server = 'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080]'
    const own = 'EPollSelectorImpl@1 with registered keys.'
    const failure = checkpointRefusal(
      `${HEAD}\tSuppressed: sun.nio.ch.SelectorCRaCSupport$BusySelectorException: Selector s has registered keys from channels: [${server}]\n` +
        `${socket(`EPoll FD 9 left open in sun.nio.ch.${own}`)}${socket(`EPoll Event FD 10 left open in sun.nio.ch.${own}`)}` +
        `${socket(server)}${createdBy('example.Main.main')}`
    )
    expect((failure as OpenResources).resources).toEqual([
      {
        kind: 'socket',
        description: server,
        listens: true,
        ports: { local: 8080, remote: undefined },
        openedBy: { thread: 'main', frames: ['example.Main.main(X.java:1)'] }
      }
    ])
  })

  test('without their names is an open resource too', () => {
    const failure = refusal('java.nio.channels.IllegalSelectorException')
    expect((failure as OpenResources).resources).toMatchObject([
      { description: 'a selector with registered channels' }
    ])
    expect(failure?.message).toContain(
      'an open socket, a selector with registered channels (jvm-busy-selector)'
    )
  })

  test.each([
    'sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080]',
    'sun.nio.ch.ServerSocketChannelImpl[/0.0.0.0:8080]',
    'sun.nio.ch.UnixAsynchronousServerSocketChannelImpl[listening on /[0:0:0:0:0:0:0:0]:8080]',
    'ServerSocket[addr=0.0.0.0/0.0.0.0,localport=8080]',
    'Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=8080]'
  ])('or %s on its own is a server that listens on port 8080', (text) => {
    expect(checkpointRefusal(`${HEAD}${socket(text)}`)?.message).toContain(
      'A server still listens on port 8080 (fw-listener).'
    )
  })
})

test.each<[string, boolean, number | undefined, number | undefined]>([
  ['tcp6 localAddr :: localPort 8080 remoteAddr :: remotePort 0', true, 8080, undefined],
  ['tcp localAddr 10.0.0.1 localPort 40000 remoteAddr 10.0.0.2 remotePort 5432', false, 40000, 5432],
  ['Socket[addr=db/10.0.0.2,port=5432,localport=40000]', false, 40000, 5432],
  ['Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=9010]', true, 9010, undefined],
  ['Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=9010](FD 12)', true, 9010, undefined],
  ['Socket[addr=null,port=0,localport=0]', false, undefined, undefined],
  ['sun.nio.ch.ServerSocketChannelImpl[/[0:0:0:0:0:0:0:0]:8080]', true, 8080, undefined],
  [
    'java.nio.channels.SocketChannel[connected local=/[0:0:0:0:0:0:0:1]:40000 remote=a/[0:0:0:0:0:0:0:1]:9092]',
    false,
    40000,
    9092
  ],
  ['java.nio.channels.SocketChannel[connection-pending remote=kafka/10.0.0.2:9092]', false, undefined, 9092],
  ['sun.nio.ch.DatagramChannelImpl[local=/127.0.0.1:40000, remote=/10.0.0.2:53]', false, 40000, 53],
  ['unix path /tmp/.s.PGSQL', false, undefined, undefined]
])('the ports of the socket %s are read from its name', (text, listens, local, remote) => {
  const failure = checkpointRefusal(`${HEAD}${socket(text)}`)
  expect((failure as OpenResources).resources).toMatchObject([{ listens, ports: { local, remote } }])
})
