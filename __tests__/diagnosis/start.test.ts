import { describe, expect, test } from '@jest/globals'
import { Diagnoser, type Finding } from '../../src/diagnosis/diagnose.js'

/** Returns the cause that the output of an application shows. */
function findingOf(output: string): Finding | undefined {
  const diagnoser = new Diagnoser('dump')
  for (const line of output.split('\n')) diagnoser.push('app', line)
  return diagnoser.finding()
}

// An application that draws text, or writes a JPEG, in a Debian without fonts and libraries, with real JDKs; shortened.
describe('what an image lacks for drawing', () => {
  test.each([
    [
      'Debian 17.0.15, which uses the libraries of the system',
      `java.lang.UnsatisfiedLinkError: /jdk/lib/libfontmanager.so: libharfbuzz.so.0: cannot open shared object file: No such file or directory
	at java.base/jdk.internal.loader.NativeLibraries.load(Native Method)
	at java.desktop/sun.font.FontManagerNativeLibrary$1.run(FontManagerNativeLibrary.java:58)
java.lang.NoClassDefFoundError: Could not initialize class sun.awt.X11FontManager
	at java.base/java.lang.Class.forName0(Native Method)
Caused by: java.lang.ExceptionInInitializerError: Exception java.lang.UnsatisfiedLinkError: /jdk/lib/libfontmanager.so: libharfbuzz.so.0: cannot open shared object file: No such file or directory [in thread "main"]`,
      'start-freetype',
      'The image lacks the library libharfbuzz.so.0, with which Java draws text'
    ],
    [
      'Debian 17.0.15, of which an application logs only the second error',
      'java.lang.NoClassDefFoundError: Could not initialize class sun.awt.X11FontManager',
      'start-fontconfig',
      'The image has no fonts'
    ],
    [
      'Temurin 25, which brings libfreetype',
      `java.lang.RuntimeException: Fontconfig head is null, check your fonts or fonts configuration
	at java.desktop/sun.awt.FontConfiguration.getVersion(FontConfiguration.java:1242)`,
      'start-fontconfig',
      'The image has no fonts'
    ],
    [
      'Debian 17.0.15, a JPEG',
      'java.lang.UnsatisfiedLinkError: /jdk/lib/libjavajpeg.so: libjpeg.so.62: cannot open shared object file: No such file or directory',
      'start-pictures',
      'The image lacks the library libjpeg.so.62, with which Java reads and writes pictures'
    ]
  ])('%s', (_, output, id, cause) => {
    const finding = findingOf(output)
    expect(finding?.signature?.id).toBe(id)
    expect(finding?.cause).toContain(cause)
    expect(finding?.fix).toMatch(
      /`base-image`, or in a Dockerfile .* apt-get install --yes --no-install-recommends (fontconfig|libjpeg62-turbo) /
    )
  })

  // https://github.com/docker-library/openjdk/issues/335, https://github.com/bell-sw/Liberica/issues/25, https://github.com/SonarSource/docker-sonarqube/pull/503
  test.each([
    [
      'java.lang.UnsatisfiedLinkError: /usr/local/openjdk-8/jre/lib/amd64/libfontmanager.so: libfreetype.so.6: cannot open shared object file: No such file or directory',
      'start-freetype'
    ],
    [
      '\tat java.desktop/sun.awt.FontConfiguration.getVersion(FontConfiguration.java:1262)',
      'start-fontconfig'
    ],
    ['java.lang.UnsatisfiedLinkError: no fontmanager in java.library.path', 'start-desktop'],
    ["java.lang.UnsatisfiedLinkError: Can't load library: /opt/jdk/lib/libawt_xawt.so", 'start-headless'],
    ['java.lang.NoClassDefFoundError: java/awt/Font', 'start-desktop']
  ])('of a public report: %s', (output, id) => {
    expect(findingOf(output)?.signature?.id).toBe(id)
  })
})

// Messages of the clients of databases, brokers and directories where nothing listens.
describe('a service of the job that the application does not reach', () => {
  test.each([
    ['ORA-12541: Cannot connect. No listener at host localhost port 1521.', 1521],
    ['ConnectionException: Node(endPoint=/127.0.0.1:9042, hostId=null)', 9042],
    ['javax.naming.CommunicationException: localhost:389 [Root exception is java.net.ConnectException]', 389],
    ["jakarta.mail.MessagingException: Couldn't connect to host, port: localhost, 25; timeout 5000", 25],
    ['Could not connect to broker URL: tcp://localhost:61616. Reason: java.net.ConnectException', 61616],
    ['io.r2dbc.postgresql.PostgresqlConnectionFactory: Cannot connect to localhost/<unresolved>:5432', 5432],
    ['java.net.ConnectException: Failed to connect to localhost/[0:0:0:0:0:0:0:1]:8200', 8200]
  ])('%s names port %d', (output, port) => {
    const finding = findingOf(output)
    expect(finding?.signature?.id).toBe('start-localhost')
    expect(finding?.cause).toContain(`Nothing listens on localhost:${port} in the container`)
    expect(finding?.fix).toContain('`network: ${{ job.services.NAME.network }}`')
    expect(finding?.fix).toContain('keeps it after a restore')
  })

  test('an exporter without its collector is not the cause', () => {
    const addresses = [
      'localhost/127.0.0.1:4318',
      'localhost/[0:0:0:0:0:0:0:1]:4317',
      'localhost:8126',
      'localhost/127.0.0.1:9411'
    ]
    for (const address of addresses)
      expect(findingOf(`java.net.ConnectException: Failed to connect to ${address}`)).toBeUndefined()
    for (const name of [
      'otel-collector',
      'my-otelcol',
      'grafana-alloy',
      'apm-server',
      'logstash',
      'configserver'
    ])
      expect(findingOf(`java.net.UnknownHostException: ${name}`)).toBeUndefined()
  })

  test.each([
    ['Caused by: java.net.UnknownHostException: postgres', 'postgres'],
    ['java.net.UnknownHostException: kafka: Name or service not known', 'kafka'],
    ["java.net.UnknownHostException: Failed to resolve 'redis' [A(1)] after 4 queries", 'redis'],
    ["Couldn't resolve server kafka:9092 from bootstrap.servers as DNS resolution failed for kafka", 'kafka'],
    ['java.net.UnknownHostException: host.docker.internal', 'host.docker.internal'],
    [
      'com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\nCaused by: java.net.UnknownHostException: mysql',
      'mysql'
    ]
  ])('%j: the name is unknown without `network`', (output, name) => {
    const finding = findingOf(output)
    expect(finding?.cause).toBe(
      `The name ${name} is unknown in the container of the application (start-unknown-host).`
    )
  })

  test('the name of a server elsewhere is not one of the job', () => {
    expect(findingOf('java.net.UnknownHostException: db.example.com')).toBeUndefined()
    expect(findingOf('java.net.UnknownHostException: no such interface eth7')).toBeUndefined()
  })
})
