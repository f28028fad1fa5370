/** A library, as it is found on a class path: by the name of its jar, or in a jar that has everything in it. */
export interface Library {
  /** Name of its jar without the version. */
  jar: string
  /** Folder of its classes in a jar. */
  classes: string
}

/** A library that somebody may have to add. */
interface Support extends Library {
  /** Group and artifact. */
  coordinates: string
}

/** A framework, and what the action has to know of it. */
export interface Framework {
  name: string
  library: Library
  /** What closes its server before a checkpoint. */
  support: Support
  /** What is to be done where that is missing. */
  fix: string
  /** Where it tells of its health, if this library is there. */
  health?: { library: Library; path: string }
}

const ORG_CRAC: Support = { coordinates: 'org.crac:crac', jar: 'crac', classes: 'org/crac/' }

/** What a project without a framework, or with one that knows nothing of CRaC, has to do. */
export const NO_FRAMEWORK: Pick<Framework, 'support' | 'fix'> = {
  support: ORG_CRAC,
  fix:
    'Add `org.crac:crac` to the dependencies, and register an org.crac.Resource that stops the server in beforeCheckpoint and ' +
    'starts it in afterRestore.'
}

/** Those that bring others along go before them. */
export const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Spring Boot',
    library: { jar: 'spring-boot', classes: 'org/springframework/boot/' },
    support: ORG_CRAC,
    fix: 'Add `org.crac:crac` to the dependencies (Spring Boot knows its version): with it Spring Boot 3.2 and newer stops its server and its pools.',
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
    fix: 'Add `io.micronaut.crac:micronaut-crac` to the dependencies (the platform of Micronaut knows its version): it stops the server.',
    health: {
      library: { jar: 'micronaut-management', classes: 'io/micronaut/management/' },
      path: '/health'
    }
  },
  {
    name: 'Quarkus',
    library: { jar: 'quarkus-core', classes: 'io/quarkus/runtime/' },
    support: ORG_CRAC,
    fix: 'Use Quarkus 2.10 or newer, which brings `org.crac:crac` along and stops its server.',
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
    fix: 'Add `io.helidon.integrations.crac:helidon-integrations-crac` to the dependencies (Helidon 4.2 or newer; its BOM knows the version), or stop the server in beforeCheckpoint of an org.crac.Resource of your own.',
    health: {
      library: { jar: 'helidon-webserver-observe-health', classes: 'io/helidon/webserver/observe/health/' },
      path: '/observe/health'
    }
  },
  // No framework knows of a server that one makes with it: the code that does so has to.
  { name: 'Netty', library: { jar: 'netty-transport', classes: 'io/netty/channel/' }, ...NO_FRAMEWORK },
  { name: 'Jetty', library: { jar: 'jetty-server', classes: 'org/eclipse/jetty/server/' }, ...NO_FRAMEWORK },
  {
    name: 'Tomcat',
    library: { jar: 'tomcat-embed-core', classes: 'org/apache/catalina/' },
    ...NO_FRAMEWORK
  }
]

/** Options with which an application takes its checkpoint itself; a normal start must not have them. */
export const TAKES_CHECKPOINT = /^-D(?:spring\.context\.checkpoint|io\.helidon\.resumable\.checkpoint)=/
