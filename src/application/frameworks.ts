import type { OpenResources } from '../diagnosis/checkpoint-exception.js'
import type { Failure } from '../lib/errors.js'
import type { Libraries, Library } from './libraries.js'

interface Support extends Library {
  /** Group id and artifact id. */
  coordinates: string
}

interface Framework {
  name: string
  library: Library
  /** Library that closes the server before a checkpoint. */
  support: Support
  fix: string
  /** Path of the health endpoint, which this library provides. */
  health?: { library: Library; path: string }
}

const ORG_CRAC: Support = { coordinates: 'org.crac:crac', jar: 'crac', classes: 'org/crac/' }

/** Support and fix for a project without a framework, or with one that does not support CRaC. */
const NO_FRAMEWORK: Pick<Framework, 'support' | 'fix'> = {
  support: ORG_CRAC,
  fix:
    'Add `org.crac:crac` to the dependencies, and register an org.crac.Resource that stops the server in beforeCheckpoint and ' +
    'starts it in afterRestore.'
}

/** Returns the row of a library that does not stop its server before a checkpoint; `how` completes the fix. */
function withoutSupport(name: string, library: Library, how = ''): Framework {
  return { name, library, ...NO_FRAMEWORK, fix: `${NO_FRAMEWORK.fix} ${how}`.trim() }
}

/** The known frameworks: a framework that contains another one comes first. */
export const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Spring Boot',
    library: { jar: 'spring-boot', classes: 'org/springframework/boot/' },
    support: ORG_CRAC,
    fix: 'Add `org.crac:crac` to the dependencies (Spring Boot manages its version). With it, Spring Boot 3.2 and newer stops its server and its pools.',
    health: {
      library: { jar: 'spring-boot-actuator', classes: 'org/springframework/boot/actuate/' },
      path: '/actuator/health'
    }
  },
  {
    name: 'Micronaut',
    library: { jar: 'micronaut-http-server', classes: 'io/micronaut/http/server/' },
    support: {
      coordinates: 'io.micronaut.crac:micronaut-crac',
      jar: 'micronaut-crac',
      classes: 'io/micronaut/crac/'
    },
    fix: 'Add `io.micronaut.crac:micronaut-crac` to the dependencies (the platform of Micronaut manages its version). It stops the server.',
    health: { library: { jar: 'micronaut-management', classes: 'io/micronaut/management/' }, path: '/health' }
  },
  {
    name: 'Quarkus',
    library: { jar: 'quarkus-core', classes: 'io/quarkus/runtime/' },
    support: ORG_CRAC,
    fix: 'Use Quarkus 2.10 or newer, which includes `org.crac:crac` and stops its server.',
    health: {
      library: { jar: 'quarkus-smallrye-health', classes: 'io/quarkus/smallrye/health/' },
      path: '/q/health'
    }
  },
  {
    name: 'Helidon',
    library: { jar: 'helidon-webserver', classes: 'io/helidon/webserver/' },
    support: {
      coordinates: 'io.helidon.integrations.crac:helidon-integrations-crac',
      jar: 'helidon-integrations-crac',
      classes: 'io/helidon/integrations/crac/'
    },
    fix: 'Add `io.helidon.integrations.crac:helidon-integrations-crac` to the dependencies (Helidon 4.2 or newer; its BOM manages the version), or stop the server in beforeCheckpoint of your own org.crac.Resource.',
    health: {
      library: { jar: 'helidon-webserver-observe-health', classes: 'io/helidon/webserver/observe/health/' },
      path: '/observe/health'
    }
  },
  // The code that starts a server of these libraries has to stop it; __tests__/e2e/long/applications has examples.
  withoutSupport(
    'Dropwizard',
    { jar: 'dropwizard-core', classes: 'io/dropwizard/core/' },
    'Stop and start the connectors (`server.getConnectors()`), as the handlers of Dropwizard cannot be started twice.'
  ),
  withoutSupport(
    'Javalin',
    { jar: 'javalin', classes: 'io/javalin/' },
    'A Javalin that was stopped cannot start again: create a new one.'
  ),
  withoutSupport(
    'Ktor',
    { jar: 'ktor-server-core-jvm', classes: 'io/ktor/server/engine/' },
    'An embeddedServer that was stopped cannot start again: create a new one.'
  ),
  withoutSupport(
    'Vert.x',
    { jar: 'vertx-core', classes: 'io/vertx/core/' },
    'An HttpServer that was closed cannot listen again: create a new one.'
  ),
  withoutSupport(
    'http4s',
    { jar: 'http4s-(?:ember|blaze|netty)-server_[\\d.]+', classes: 'org/http4s/server/' },
    '`build.allocated` returns the effect that stops it; for the restore, call it again.'
  ),
  withoutSupport('Undertow', { jar: 'undertow-core', classes: 'io/undertow/' }),
  withoutSupport('Netty', { jar: 'netty-transport', classes: 'io/netty/channel/' }),
  withoutSupport('Jetty', { jar: 'jetty-server', classes: 'org/eclipse/jetty/server/' }),
  withoutSupport('Tomcat', { jar: 'tomcat-embed-core', classes: 'org/apache/catalina/' })
]

/** Matches options with which an application takes its checkpoint itself; a normal start must not have them. */
export const TAKES_CHECKPOINT = /^-D(?:spring\.context\.checkpoint|io\.helidon\.resumable\.checkpoint)=/

/**
 * Adds the missing CRaC support to a refusal if a server still listens because of it, or with Spring Boot if any socket is open;
 * returns any other refusal unchanged.
 */
export function explainMissingSupport(refused: OpenResources, libraries: Libraries): Failure {
  const framework = FRAMEWORKS.find(({ library }) => libraries.has(library))
  const { support, fix } = framework ?? NO_FRAMEWORK
  // Spring Boot closes pools and clients too, with its support.
  const closes = framework?.name === 'Spring Boot' ? 'its servers and pools' : 'the server'
  const concerns = refused.resources.some(
    ({ kind, listens }) => listens || (framework?.name === 'Spring Boot' && kind === 'socket')
  )
  if (!concerns || libraries.has(support)) return refused
  const { coordinates } = support
  const without = framework
    ? `${framework.name} is on the class path, but ${coordinates} is not. Without it, nothing stops ${closes}.`
    : `${coordinates} is not on the class path.`
  return refused.explained(without, fix)
}
