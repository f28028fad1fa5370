import { FRAMEWORKS } from './frameworks.js'
import type { Libraries } from './libraries.js'
import { readSettings, type SettingSources, type Settings } from './settings.js'

/** Where the framework of an application reports its health. */
export interface Health {
  /** Path of the endpoint; undefined where there is none, or none that can be reached. */
  health: string | undefined
  /** Server of its own that has the endpoint; undefined where it is on the application's port. */
  management: { port: number; tls: boolean; setting: string; source: string } | undefined
}

/** Settings of the server that a framework can open for health and metrics beside that of the application. */
interface ManagementSettings {
  framework: string
  port: string
  /** Setting that has to be true for such a server. */
  enabled?: string
  defaultPort?: string
  address?: string
  /** Settings of which one is given where the server speaks TLS. */
  tls: readonly string[]
}

const MANAGEMENT: readonly ManagementSettings[] = [
  {
    // https://docs.spring.io/spring-boot/reference/actuator/monitoring.html
    framework: 'Spring Boot',
    port: 'management.server.port',
    address: 'management.server.address',
    tls: [
      'management.server.ssl.key-store',
      'management.server.ssl.certificate',
      'management.server.ssl.bundle'
    ]
  },
  {
    // https://quarkus.io/guides/management-interface-reference
    framework: 'Quarkus',
    port: 'quarkus.management.port',
    enabled: 'quarkus.management.enabled',
    defaultPort: '9000',
    address: 'quarkus.management.host',
    tls: [
      'quarkus.management.ssl.certificate.key-store-file',
      'quarkus.management.ssl.certificate.files',
      'quarkus.management.tls-configuration-name'
    ]
  },
  {
    // https://docs.micronaut.io/latest/guide/#endpointConfiguration
    framework: 'Micronaut',
    port: 'endpoints.all.port',
    tls: ['micronaut.server.ssl.build-self-signed', 'micronaut.server.ssl.key-store.path']
  }
]

/**
 * Returns where the framework of the application reports its health: by its libraries, and its settings in the inputs and in the
 * files of the application. `port` is that of the application.
 */
export async function findHealth(
  libraries: Libraries | undefined,
  sources: SettingSources,
  port: number
): Promise<Health> {
  const framework = FRAMEWORKS.find(({ health }) => health && libraries?.has(health.library))
  const health = framework?.health?.path
  const server = MANAGEMENT.find((known) => known.framework === framework?.name)
  if (health === undefined || !server) return { health, management: undefined }
  return healthOn(server, await readSettings(sources), { health, port })
}

function healthOn(
  server: ManagementSettings,
  settings: Settings,
  { health, port }: { health: string; port: number }
): Health {
  const onPort: Health = { health, management: undefined }
  const enabled = server.enabled === undefined ? undefined : settings(server.enabled)
  if (server.enabled !== undefined && enabled?.value !== 'true') return onPort
  const given = settings(server.port)
  const text = given?.value ?? server.defaultPort
  const own = Number(text)
  if (text === undefined || own === port) return onPort
  // -1 turns the endpoints off, and 0 is any free port; neither can be requested.
  const address = server.address === undefined ? undefined : settings(server.address)?.value
  const hidden = /^(127\.|localhost$|\[?::1\]?$)/.test(address ?? '')
  if (!(Number.isInteger(own) && own > 0 && own <= 65535) || hidden)
    return { health: undefined, management: undefined }
  const tls = server.tls.some((key) => (settings(key)?.value ?? 'false') !== 'false')
  const source = given ? `${server.port} in ${given.place}` : `${server.enabled} in ${enabled?.place}`
  return { health, management: { port: own, tls, setting: server.port, source } }
}
