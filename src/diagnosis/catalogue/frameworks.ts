import { signatures } from '../signature.js'

/** Lines of applications and their libraries. */
export const frameworks = signatures({ operations: ['dump'], stream: 'app' }, [
  {
    id: 'fw-spring-refresh',
    pattern: /Failed to take CRaC checkpoint on refresh/m,
    category: 'application',
    cause: 'Spring could not take its checkpoint on refresh.',
    fix: 'Read the suppressed exceptions below it: they name the causes.',
    weight: 'pointer'
  },
  {
    id: 'fw-spring-refresh-support',
    pattern: /Checkpoint on refresh requires a CRaC-enabled JVM/m,
    category: 'application',
    cause:
      'Spring is configured to take its checkpoint on refresh, but the CRaC API (org.crac) is not on the class path.',
    fix: 'Add `org.crac:crac` to the dependencies. Spring Boot manages its version.',
    weight: 'specific'
  },
  {
    id: 'fw-spring-minus1',
    pattern: /restored JVM running for -1 ms/m,
    category: 'runner',
    cause: 'The checkpoint failed, and Spring restarted its beans in the same JVM.',
    fix: "Read CRIU's log: dump4.log in the folder of the output `logs`.",
    weight: 'pointer'
  },
  {
    id: 'fw-jdbc',
    pattern:
      /(?:CheckpointOpenSocketException|BusySelectorException).*(?:port=|remotePort |:)(5432|3306|1433|1521|27017|50000)\b/m,
    category: 'application',
    cause: 'A connection to a database is open (port $1).',
    fix: 'Allow the connection pool of the database to be suspended: `spring.datasource.hikari.allow-pool-suspension=true` with Spring Boot 3.2 or newer, `datasources.*.allow-pool-suspension=true` with Micronaut. With other frameworks, close the pool in the CRaC method beforeCheckpoint (docs/frameworks.md).',
    weight: 'specific'
  },
  {
    id: 'fw-hikari-suspend',
    pattern: /is not configured to allow pool suspension/m,
    category: 'application',
    cause: 'The Hikari pool does not allow suspension, so its connections stay open.',
    fix: 'Set `allow-pool-suspension` of the data source to true.',
    weight: 'specific'
  },
  {
    id: 'fw-redis',
    pattern:
      /(?:CheckpointOpenSocketException|BusySelectorException|SocketChannel\[).*(?:[:=]|remotePort )6379\b/m,
    category: 'application',
    cause: 'A connection to Redis is open.',
    fix: 'Use Spring Data Redis 3.2 or newer, or micronaut-crac 1.2.1 or newer, which close the connection; or stop the client in beforeCheckpoint.',
    weight: 'specific'
  },
  {
    id: 'fw-kafka',
    pattern:
      /(?:CheckpointOpenSocketException|BusySelectorException|SocketChannel\[).*(?:[:=]|remotePort )(?:9092|9093)\b/m,
    category: 'application',
    cause: 'A connection to Kafka is open.',
    fix: 'Use Spring Cloud Stream 4.1 or newer, and stop listener containers and admin clients in beforeCheckpoint.',
    weight: 'specific'
  },
  {
    id: 'fw-listener',
    pattern:
      /tcp6? local(?:Addr)? (?:\S+ )?localPort (\d+) remoteAddr \S+ remotePort 0|ServerSocket\[addr=\S*,localport=(\d+)\]/m,
    category: 'application',
    cause: 'A server still listens on port $1$2.',
    fix: 'Use the CRaC support of the framework (Spring Boot 3.2, micronaut-crac or Quarkus 2.10, or newer), or stop the server in beforeCheckpoint and start it again in afterRestore. Quarkus 3.31 and newer also needs -Dquarkus.package.jar.crac.enabled=true: the action sets it, but with a Dockerfile of your own, the start command must have it.',
    weight: 'specific'
  },
  {
    id: 'fw-logfile',
    pattern: /CheckpointOpenFileException: .*\.(?:log|txt|out)\b/m,
    category: 'application',
    cause: 'A log file is open.',
    fix: 'Log to standard output in containers, or use resource policies that close and reopen the file.',
    weight: 'specific'
  },
  {
    id: 'fw-sssd',
    pattern: /path=\/var\/lib\/sss\/mc\//m,
    category: 'image',
    cause: 'A cache file of SSSD is open: glibc opened it to find a user.',
    fix: 'Use a base image without SSSD, or a newer `java-version`, which ignores this file.',
    weight: 'specific'
  },
  {
    id: 'fw-classpath',
    operations: ['restore'],
    pattern:
      /(?:ClassNotFoundException|NoClassDefFoundError|NoSuchFileException|ZipException|zip END header not found).*/m,
    category: 'image',
    cause: 'A class or jar that the application needs is missing.',
    fix: 'Keep every jar at its path and unchanged after the checkpoint. Do not mount anything over the application.',
    weight: 'specific'
  }
])
