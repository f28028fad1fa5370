import { describe, expect, test } from '@jest/globals'
import { checkpointRefusal, OpenResources } from '../../src/diagnosis/checkpoint-exception.js'
import { explainMissingSupport, FRAMEWORKS } from '../../src/application/frameworks.js'
import { Libraries } from '../../src/application/libraries.js'

const LISTENING = 'tcp6 localAddr :: localPort 8080 remoteAddr :: remotePort 0'
const CONNECTED = 'tcp localAddr 10.0.0.1 localPort 40000 remoteAddr 10.0.0.2 remotePort 5432'

function refusal(...sockets: string[]): OpenResources {
  const lines = sockets.map((text) => `\tSuppressed: jdk.crac.impl.CheckpointOpenSocketException: ${text}`)
  const failure = checkpointRefusal(`An exception during a checkpoint operation:\n${lines.join('\n')}\n`)
  if (!(failure instanceof OpenResources)) throw new Error('no refusal')
  return failure
}

const jars = (...names: string[]): Libraries => new Libraries(names, [])

describe('explainMissingSupport', () => {
  test.each([
    [['spring-boot-4.0.7.jar', 'spring-web-7.0.1.jar'], 'Spring Boot', 'org.crac:crac'],
    [
      ['micronaut-http-server-4.9.0.jar', 'netty-transport-4.2.1.Final.jar', 'crac-1.5.0.jar'],
      'Micronaut',
      'io.micronaut.crac:micronaut-crac'
    ],
    [['io.quarkus.quarkus-core-2.9.0.jar'], 'Quarkus', 'org.crac:crac'],
    [
      ['helidon-webserver-4.5.0.jar', 'crac-1.5.0.jar'],
      'Helidon',
      'io.helidon.integrations.crac:helidon-integrations-crac'
    ],
    [['netty-transport-4.2.18.Final.jar'], 'Netty', 'org.crac:crac'],
    [['jetty-server-12.0.1.jar'], 'Jetty', 'org.crac:crac'],
    [['jetty-server-12.1.14.jar', 'dropwizard-core-5.0.1.jar'], 'Dropwizard', 'org.crac:crac'],
    [['jetty-server-12.1.14.jar', 'javalin-7.2.3.jar'], 'Javalin', 'org.crac:crac'],
    [
      [
        'netty-transport-4.2.1.Final.jar',
        'ktor-server-core-jvm-3.5.2.jar',
        'ktor-server-netty-jvm-3.5.2.jar'
      ],
      'Ktor',
      'org.crac:crac'
    ],
    [['netty-transport-4.2.1.Final.jar', 'vertx-core-5.0.7.jar'], 'Vert.x', 'org.crac:crac'],
    [['http4s-core_3-0.23.30.jar', 'http4s-ember-server_3-0.23.30.jar'], 'http4s', 'org.crac:crac'],
    [['http4s-blaze-server_2.13-0.23.17.jar'], 'http4s', 'org.crac:crac'],
    [['undertow-core-2.3.26.Final.jar'], 'Undertow', 'org.crac:crac'],
    [['tomcat-embed-core-11.0.1.jar'], 'Tomcat', 'org.crac:crac']
  ])('%j: %s without %s', (names, framework, missing) => {
    const failure = explainMissingSupport(refusal(LISTENING), jars(...names))
    expect(failure.message).toContain(
      `${framework} is on the class path, but ${missing} is not. Without it, nothing stops ${framework === 'Spring Boot' ? 'its servers and pools' : 'the server'}.`
    )
    expect(failure.fix).toContain(`\`${missing}\``)
    expect(failure.category).toBe('application')
  })

  test.each([
    ['spring-boot-4.0.7.jar', 'crac-1.5.0.jar'],
    ['io.quarkus.quarkus-core-3.33.2.jar', 'org.crac.crac-1.5.0.jar'],
    ['micronaut-http-server-4.9.0.jar', 'micronaut-crac-2.6.0.jar'],
    ['crac-1.5.0.jar']
  ])('%s and %s: returns the refusal unchanged', (...names) => {
    const refused = refusal(LISTENING)
    expect(explainMissingSupport(refused, jars(...names))).toBe(refused)
  })

  test('matches the whole name of a library', () => {
    const failure = explainMissingSupport(
      refusal(LISTENING),
      jars('spring-boot-4.0.7.jar', 'my-crac-1.0.jar')
    )
    expect(failure.message).toContain('org.crac:crac is not')
    expect(
      explainMissingSupport(refusal(LISTENING), jars('spring-boot-actuator-4.0.7.jar')).message
    ).toContain('org.crac:crac is not on the class path.')
  })

  test('finds libraries in an uber-jar', () => {
    const inside = ['org/springframework/boot/SpringApplication.class', 'example/Application.class']
    const failure = explainMissingSupport(refusal(LISTENING), new Libraries(['app.jar'], inside))
    expect(failure.message).toContain('Spring Boot is on the class path')
    const refused = refusal(LISTENING)
    const whole = new Libraries(['app.jar'], [...inside, 'org/crac/Core.class'])
    expect(explainMissingSupport(refused, whole)).toBe(refused)
  })

  test('any socket counts with Spring Boot, as it closes pools and clients too; a mere connection of another framework does not', () => {
    const refused = refusal(CONNECTED)
    expect(explainMissingSupport(refused, jars('spring-boot-4.0.7.jar')).message).toContain(
      'Spring Boot is on the class path, but org.crac:crac is not. Without it, nothing stops its servers and pools.'
    )
    expect(explainMissingSupport(refused, jars('netty-transport-4.2.18.Final.jar'))).toBe(refused)
    expect(explainMissingSupport(refused, jars('spring-boot-4.0.7.jar', 'crac-1.5.0.jar'))).toBe(refused)
  })

  test.each([
    'Socket[addr=0.0.0.0/0.0.0.0,port=0,localport=8080]',
    'ServerSocket[addr=0.0.0.0/0.0.0.0,localport=8080]',
    'sun.nio.ch.ServerSocketChannelImpl[/[::]:8080]'
  ])('%s is a listening socket', (text) => {
    expect(explainMissingSupport(refusal(text), jars()).message).toContain('org.crac:crac is not')
  })
})

test('every fix names the library to add', () => {
  for (const { support, fix } of FRAMEWORKS) expect(fix).toContain(`\`${support.coordinates}\``)
})
