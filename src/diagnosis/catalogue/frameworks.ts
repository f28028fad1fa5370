import { signatures } from '../signature.js'
import { DOCS } from '../../lib/errors.js'

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
    id: 'fw-hikari-suspend',
    pattern: /is not configured to allow pool suspension/m,
    category: 'application',
    cause: 'The Hikari pool does not allow suspension, so its connections stay open.',
    fix: 'Set `allow-pool-suspension` of the data source to true.',
    weight: 'specific'
  },
  {
    id: 'fw-listener',
    pattern:
      /tcp6? local(?:Addr)? (?:\S+ )?localPort (\d+) remoteAddr \S+ remotePort 0|Socket\[addr=\S{0,300}?,port=0,localport=([1-9]\d*)\]|ServerSocket\[addr=\S{0,300}?,localport=(\d+)\]|ServerSocketChannel(?:Impl)?\[(?:listening on )?\S{0,300}?:(\d+)\](?!:)/m,
    category: 'application',
    cause: 'A server still listens on port $1$2$3$4.',
    fix: 'Use the CRaC support of the framework (Spring Boot 3.2, micronaut-crac or Quarkus 2.10, or newer), or stop the server in beforeCheckpoint and start it again in afterRestore. Quarkus 3.31 and newer also needs -Dquarkus.package.jar.crac.enabled=true: the action sets it, but with a Dockerfile of your own, the start command must have it.',
    weight: 'specific'
  },
  {
    id: 'fw-logfile',
    pattern: /CheckpointOpenFileException: .{0,300}\.(?:log|txt|out)\b/m,
    category: 'application',
    cause: 'A log file is open.',
    fix: 'Log to standard output in containers, or use resource policies that close and reopen the file.',
    weight: 'specific'
  },
  {
    // https://github.com/openjdk/crac/pull/203 and 345
    id: 'fw-flight-recorder',
    pattern: /CheckpointOpen(?:File|Resource)Exception: .{0,300}\.jfr\b/m,
    category: 'application',
    cause: 'The Flight Recorder of the JVM has a file of its recording open.',
    fix: 'Remove -XX:StartFlightRecording and recordings of the code (RecordingStream) for the checkpoint, or use a JDK from March 2025 on (JDK-8350088; `distribution: zulu`), which stops a recording and starts it again. In a restored container, `jcmd PID JFR.start` begins one.',
    weight: 'specific'
  },
  {
    // https://github.com/spring-projects/spring-boot/issues/43655; seen with Spring Boot 3.4.1 and 3.5.16
    id: 'fw-undertow-graceful',
    operations: ['restore'],
    pattern: /Undertow started on port|starting server: Undertow/m,
    category: 'application',
    cause:
      'Undertow was started again, but still refuses requests because of its graceful shutdown before the checkpoint.',
    fix: 'Set `server.shutdown=immediate` for the checkpoint, for example `env: SERVER_SHUTDOWN=immediate`, or use another server: since Spring Boot 3.4 graceful is the default.',
    weight: 'general'
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
      /(?:ClassNotFoundException|NoClassDefFoundError|NoSuchFileException|ZipException|zip END header not found).{0,300}/m,
    category: 'image',
    cause: 'A class or jar that the application needs is missing.',
    fix: 'Keep every jar at its path and unchanged after the checkpoint. Do not mount anything over the application.',
    weight: 'specific'
  },
  {
    id: 'fw-old-address',
    operations: ['restore'],
    stream: 'app',
    pattern:
      /(?:BindException|bind\(\.\.\) failed|[Ff]ailed to bind|[Cc]ould not bind).{0,200}Cannot assign requested address|UnknownHostException: ([0-9a-f]{12})(?![\w.-])/m,
    category: 'application',
    cause:
      'The application uses the address or the host name of the container of the checkpoint, which no other container has.',
    fix: `Bind 0.0.0.0, and not HOSTNAME or InetAddress.getLocalHost(), for example with \`env: SERVER_ADDRESS=0.0.0.0\`; or read the address again in afterRestore (${DOCS}/restoring.md).`,
    weight: 'specific'
  }
])
