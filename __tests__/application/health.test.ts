import { describe, expect, test } from '@jest/globals'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findHealth, type Health } from '../../src/application/health.js'
import { Libraries } from '../../src/application/libraries.js'
import type { SettingSources } from '../../src/application/settings.js'
import { writeJar } from '../support/jar.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const SPRING = 'spring-boot-actuator-4.0.7.jar'
const QUARKUS = 'io.quarkus.quarkus-smallrye-health-3.33.2.jar'
const MICRONAUT = 'micronaut-management-4.9.0.jar'

let folder = ''
temporaryFolder((created) => {
  folder = created
})

/** Finds the health of an application with these libraries, files and inputs; its port is 8080. */
async function healthOf(
  jars: string[],
  files: Record<string, string> = {},
  given: Partial<SettingSources> = {}
): Promise<Health> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const application = {
    layout: 'class-path' as const,
    description: '',
    mainClass: '',
    command: ['-Dserver.name=x', 'example.Application'],
    dependencies: new Map<string, string>(),
    classes: new Map([[folder, 'classes.jar']]),
    packed: new Set<string>(),
    files: new Map<string, string>()
  }
  const sources = { application, javaOptions: [], arguments: [], env: {}, ...given }
  return await findHealth(new Libraries(jars, []), sources, 8080)
}
const portOf = async (...from: Parameters<typeof healthOf>): Promise<number | undefined> =>
  (await healthOf(...from)).management?.port

describe('the health endpoint', () => {
  test.each([
    [SPRING, '/actuator/health'],
    [MICRONAUT, '/health'],
    [QUARKUS, '/q/health'],
    ['helidon-webserver-observe-health-4.5.0.jar', '/observe/health']
  ])('of %s is %s on the port of the application', async (jar, health) => {
    expect(await healthOf([jar])).toEqual({ health, management: undefined })
  })

  test('is not known without such a library', async () => {
    expect(await healthOf(['spring-boot-4.0.7.jar'])).toEqual({ health: undefined, management: undefined })
  })
})

describe('the port of the management server', () => {
  test.each<[string, string, string, number]>([
    [SPRING, 'application.properties', '# x\nmanagement.server.port = 8081\r\n', 8081],
    [SPRING, 'config/application.properties', 'management.server.port:8081', 8081],
    [SPRING, 'BOOT-INF/classes/application.yml', 'management:\n  server:\n    port: 8081\n', 8081],
    [SPRING, 'application.yaml', 'management.server.port: 8081', 8081],
    [SPRING, 'application.yml', 'management:\n  server:\n    port: ${MANAGEMENT_PORT:8082}\n', 8082],
    [QUARKUS, 'application.properties', 'quarkus.management.enabled=true', 9000],
    [
      QUARKUS,
      'application.properties',
      '%prod.quarkus.management.enabled=true\nquarkus.management.port=9002',
      9002
    ],
    [MICRONAUT, 'application.yml', 'endpoints:\n  all:\n    port: 8085\n', 8085]
  ])('%s in %s: %j', async (jar, name, text, port) => {
    expect(await portOf([jar], { [name]: text })).toBe(port)
  })

  test('is found in SPRING_APPLICATION_JSON, which counts before the files', async () => {
    const files = { 'application.properties': 'management.server.port=8081' }
    const json = JSON.stringify({ management: { server: { port: 8082 } } })
    expect(await portOf([SPRING], files, { env: { SPRING_APPLICATION_JSON: json } })).toBe(8082)
    const flat = '{"management.server.port": 8083}'
    expect(await portOf([SPRING], files, { env: { SPRING_APPLICATION_JSON: flat } })).toBe(8083)
    for (const text of ['', '{', '[]', 'null'])
      expect(await portOf([SPRING], files, { env: { SPRING_APPLICATION_JSON: text } })).toBe(8081)
  })

  test.each([
    ['/home/app/application.yml', 8085],
    ['/home/app/config/application.yml', 8085],
    ['/app/application.yml', 8081]
  ])('is found in a further file at %s, where the framework finds it: %d', async (place, port) => {
    writeFileSync(path.join(folder, 'application.properties'), 'management.server.port=8081')
    mkdirSync(path.join(folder, 'deploy'))
    writeFileSync(path.join(folder, 'deploy/application.yml'), 'management.server.port: 8085')
    const application = {
      layout: 'class-path' as const,
      description: '',
      mainClass: '',
      command: ['example.Application'],
      dependencies: new Map<string, string>(),
      classes: new Map([[folder, 'classes.jar']]),
      packed: new Set<string>(),
      files: new Map([[place, path.join(folder, 'deploy/application.yml')]])
    }
    expect(await portOf([SPRING], {}, { application })).toBe(port)
  })

  test('is found in the jar of the application', async () => {
    await writeJar(path.join(folder, 'app.jar'), undefined, {
      'application.properties': 'endpoints.all.port=8085'
    })
    expect(await portOf([MICRONAUT])).toBe(8085)
  })

  test.each<[Partial<SettingSources>, number | undefined]>([
    [{ env: { MANAGEMENT_SERVER_PORT: '8090' } }, 8090],
    [{ env: { 'management.server.port': '8090' } }, 8090],
    [{ javaOptions: ['-Dmanagement.server.port=8090'] }, 8090],
    [{ arguments: ['--management.server.port=8090'] }, 8090],
    [{ arguments: ['--management.server.port=8080'] }, undefined],
    [{}, 8081]
  ])('in %j counts before that in a file', async (given, port) => {
    expect(await portOf([SPRING], { 'application.properties': 'management.server.port=8081' }, given)).toBe(
      port
    )
  })

  test('of a profile counts where the profile is active', async () => {
    const files = {
      'application.yml':
        'management.server.port: 8081\n---\nspring.config.activate.on-profile: cloud\nmanagement.server.port: 8082\n',
      'application-dev.properties': 'management.server.port=8083'
    }
    expect(await portOf([SPRING], files)).toBe(8081)
    expect(await portOf([SPRING], files, { env: { SPRING_PROFILES_ACTIVE: 'a,cloud' } })).toBe(8082)
    expect(await portOf([SPRING], files, { javaOptions: ['-Dspring.profiles.active=dev'] })).toBe(8083)
  })

  test('that is off, any free port, hidden or unknown cannot be requested; neither can a broken file', async () => {
    const none = { health: undefined, management: undefined }
    const spring = (text: string) => healthOf([SPRING], { 'application.properties': text })
    expect(await spring('management.server.port=-1')).toEqual(none)
    expect(await spring('management.server.port=0')).toEqual(none)
    expect(await spring('management.server.port=8081\nmanagement.server.address=127.0.0.1')).toEqual(none)
    expect((await spring('management.server.port=${PORT_OF_THE_POD}')).management).toBeUndefined()
    expect(await portOf([SPRING], { 'application.yml': 'management: [8081' })).toBeUndefined()
    expect(
      await portOf([QUARKUS], { 'application.properties': 'quarkus.management.port=9002' })
    ).toBeUndefined()
  })

  test('is one of TLS where its settings have a certificate', async () => {
    const text = 'management.server.port=8443\nmanagement.server.ssl.bundle=own'
    expect((await healthOf([SPRING], { 'application.properties': text })).management).toEqual({
      port: 8443,
      tls: true,
      setting: 'management.server.port',
      source: 'management.server.port in application.properties'
    })
  })

  test.each(['MANAGEMENT_SERVER_SSL_KEYSTORE', 'MANAGEMENT_SERVER_SSL_KEY_STORE'])(
    'over TLS: %s is the name of management.server.ssl.key-store as a variable',
    async (name) => {
      const env = { MANAGEMENT_SERVER_PORT: '8090', [name]: '/store.p12' }
      expect((await healthOf([SPRING], {}, { env })).management?.tls).toBe(true)
    }
  )

  test.each<[string, Record<string, string>, Partial<SettingSources>, string]>([
    [SPRING, {}, { env: { MANAGEMENT_SERVER_PORT: '8090' } }, 'management.server.port in the environment'],
    [SPRING, {}, { arguments: ['--management.server.port=8090'] }, 'management.server.port in the arguments'],
    [
      SPRING,
      {},
      { javaOptions: ['-Dmanagement.server.port=8090'] },
      'management.server.port in the options of the JVM'
    ],
    [
      SPRING,
      { 'config/application-dev.yml': 'management.server.port: 8083' },
      { env: { SPRING_PROFILES_ACTIVE: 'dev' } },
      'management.server.port in application-dev.yml'
    ],
    [
      QUARKUS,
      { 'application.properties': 'quarkus.management.enabled=true' },
      {},
      'quarkus.management.enabled in application.properties'
    ]
  ])('%s: its message names the setting and its place', async (jar, files, given, source) => {
    expect((await healthOf([jar], files, given)).management?.source).toBe(source)
  })
})
