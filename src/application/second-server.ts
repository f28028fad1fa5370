import type { OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { Failure } from '../lib/errors.js'
import type { Libraries } from './libraries.js'

/** Known facts about the servers of an application. */
export interface ServerFacts {
  /** Port of the application. */
  port: number
  management: { port: number; setting: string } | undefined
  libraries: Libraries | undefined
}

interface SecondServer {
  name: string
  /** Whether a listening socket, which is not on the port of the application, belongs to this server. */
  owns: (port: number, openedBy: string, facts: ServerFacts) => boolean
  fix: (facts: ServerFacts) => string
}

/** What turns a management server off, or puts it on the port of the application. */
const MANAGEMENT_FIX: Readonly<Record<string, string>> = {
  'management.server.port':
    'Remove `management.server.port` (or set it to -1 in `env` for the checkpoint, as MANAGEMENT_SERVER_PORT): the endpoints are then on the port of the application, or off. Newer versions of Spring Boot stop it themselves.',
  'quarkus.management.port':
    'Set `quarkus.management.enabled=false` in `application.properties` and build again, as Quarkus reads it at build time: the endpoints are then on the port of the application.',
  'endpoints.all.port': 'Remove `endpoints.all.port`: the endpoints are then on the port of the application.'
}

const GRPC_PORTS = new Set([9090, 50051, 6565, 9000])

const SERVERS: readonly SecondServer[] = [
  {
    name: 'The management server of the framework',
    owns: (port, _, { management }) => port === management?.port,
    fix: ({ management }) => MANAGEMENT_FIX[management?.setting ?? ''] ?? 'Turn the management server off.'
  },
  {
    name: 'A server of gRPC',
    owns: (port, openedBy, { libraries }) =>
      /\bio\.grpc\./.test(openedBy) ||
      (GRPC_PORTS.has(port) &&
        ['grpc-netty', 'grpc-netty-shaded', 'quarkus-grpc'].some((jar) =>
          libraries?.has({ jar, classes: 'io/grpc/netty/' })
        )),
    fix: () =>
      'Turn it off (`spring.grpc.server.enabled=false`, `grpc.server.port=-1`, `grpc.server.enabled=false` in Micronaut), serve gRPC on the port of the application (`quarkus.grpc.server.use-separate-server=false`), or stop it in beforeCheckpoint and start it again in afterRestore.'
  },
  {
    name: 'The HTTP server of an exporter of Prometheus',
    owns: (_, openedBy) => /\bio\.prometheus\./.test(openedBy),
    fix: () => 'Call close() of its HTTPServer in beforeCheckpoint, and create it again in afterRestore.'
  },
  {
    name: 'A server of RSocket',
    owns: (port, openedBy, { libraries }) =>
      /\bio\.rsocket\./.test(openedBy) ||
      (port === 7000 &&
        (libraries?.has({ jar: 'rsocket-transport-netty', classes: 'io/rsocket/' }) ?? false)),
    fix: () =>
      'Serve RSocket on the port of the application (`spring.rsocket.server.transport=websocket` and `spring.rsocket.server.mapping-path`, without `spring.rsocket.server.port`), or stop it in beforeCheckpoint and start it again in afterRestore.'
  },
  {
    name: 'The LiveReload server of the developer tools of Spring Boot',
    owns: (port, openedBy) => port === 35729 || /\borg\.springframework\.boot\.devtools\./.test(openedBy),
    fix: () =>
      'Leave spring-boot-devtools out of what is released, as `repackage` and `bootJar` do by default, or set `spring.devtools.livereload.enabled=false`.'
  },
  {
    name: 'An embedded message broker (ActiveMQ)',
    owns: (_, openedBy) => /\borg\.apache\.activemq\./.test(openedBy),
    fix: () =>
      'Use a broker outside of the application: set `spring.activemq.embedded.enabled=false` or `spring.artemis.embedded.enabled=false`, or stop it in beforeCheckpoint and start it again in afterRestore.'
  },
  {
    name: 'A server of the database H2',
    owns: (_, openedBy) => /\borg\.h2\./.test(openedBy),
    fix: () => 'Turn its console and its TCP server off (`spring.h2.console.enabled=false`).'
  }
]

/**
 * Returns the refusal with the name of a second server that still listens, beside that of the application, and the setting that
 * turns it off, or else the code that opened it; undefined if no second server listens, or if that of the application does, too.
 */
export function explainSecondServer(refused: OpenResources, facts: ServerFacts): Failure | undefined {
  const listening = refused.resources.flatMap(({ listens, ports: { local }, openedBy }) =>
    listens && local !== undefined ? [{ port: local, frames: openedBy?.frames ?? [] }] : []
  )
  for (const { port, frames } of listening.filter((one) => one.port !== facts.port)) {
    const server = SERVERS.find(({ owns }) => owns(port, frames.join(' '), facts))
    if (!server) continue
    const sentence = `${server.name} listens on port ${port}, beside that of the application.`
    return refused.explained(sentence, server.fix(facts))
  }
  const [second] = listening
  const hasOwnFix = refused.isNamed && refused.signature?.id !== 'fw-listener'
  if (!second || hasOwnFix || listening.some(({ port }) => port === facts.port)) return undefined
  const by = second.frames[0] === undefined ? '' : `, opened by ${second.frames[0]},`
  return refused.explained(
    `A server${by} listens on port ${second.port}, which is not that of the application (${facts.port}).`,
    'Turn it off by a setting of its own, or stop it in beforeCheckpoint of an org.crac.Resource, and start it again in afterRestore.'
  )
}
